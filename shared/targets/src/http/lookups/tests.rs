//! Name servers that never answer, and whom they keep waiting.

use std::net::Ipv4Addr;
use std::sync::Condvar;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A name server that answers no name with `silent` in it until it is told to.
#[derive(Clone, Default)]
struct NameServer(Arc<(Mutex<bool>, Condvar, AtomicUsize)>);

impl NameServer {
    fn resolver(&self, at_once: usize, per_space: usize) -> BoundedResolver {
        self.impatient(at_once, per_space, Duration::from_mins(1))
    }

    fn impatient(&self, at_once: usize, per_space: usize, wait: Duration) -> BoundedResolver {
        let server = self.clone();
        BoundedResolver::of(LookupLimits { at_once, per_space }, wait, move |name| {
            server.answer(name)
        })
    }

    fn answer(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        let (speaks, told, asked) = &*self.0;
        asked.fetch_add(1, Ordering::SeqCst);
        if name.contains("silent") {
            let speaks = speaks.lock().unwrap();
            drop(told.wait_while(speaks, |speaks| !*speaks).unwrap());
            return Err(io::Error::other("silence"));
        }
        Ok(vec![(Ipv4Addr::LOCALHOST, 0).into()])
    }

    fn asked(&self) -> usize {
        self.0.2.load(Ordering::SeqCst)
    }

    fn speak(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }
}

async fn look_up(resolver: &BoundedResolver, space: &str, name: String) -> Result<usize, LookupError> {
    let mut resolver = resolver.clone();
    let resolving = async move { resolver.call(name.parse().unwrap()).await };
    let found = on_behalf_of(Some(&space.into()), resolving).await;
    found.map(Iterator::count)
}

/// Until as many lookups have begun.
async fn wait_for(server: &NameServer, asked: usize) {
    while server.asked() < asked {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn silence_of_one_space_keeps_no_other_waiting() {
    let server = NameServer::default();
    let resolver = server.resolver(8, 3);
    let hostile: Vec<_> = (0..100)
        .map(|number| {
            let resolver = resolver.clone();
            tokio::spawn(async move { look_up(&resolver, "hostile", format!("silent-{number}")).await })
        })
        .collect();
    wait_for(&server, 3).await;
    for number in 0..20 {
        let found = look_up(&resolver, "quiet", format!("host-{number}")).await;
        assert_eq!(found.unwrap(), 1);
    }
    assert_eq!(
        server.asked(),
        3 + 20,
        "the hostile space has its share and no more"
    );
    server.speak();
    for lookup in hostile {
        let error = lookup.await.unwrap().unwrap_err().to_string();
        assert_eq!(error, "silence");
    }
    assert_eq!(server.asked(), 100 + 20);
}

#[tokio::test]
async fn all_spaces_together_have_a_bound() {
    let server = NameServer::default();
    let resolver = server.resolver(4, 3);
    let lookups: Vec<_> = (0..10)
        .map(|number| {
            let resolver = resolver.clone();
            let (space, name) = (format!("space-{}", number / 2), format!("silent-{number}"));
            tokio::spawn(async move { look_up(&resolver, &space, name).await })
        })
        .collect();
    wait_for(&server, 4).await;
    // Whatever else runs has had its turn.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.asked(), 4);
    server.speak();
    for lookup in lookups {
        lookup.await.unwrap().unwrap_err();
    }
    assert_eq!(server.asked(), 10);
}

#[tokio::test]
async fn a_name_is_looked_up_once_at_a_time() {
    let server = NameServer::default();
    let resolver = server.resolver(8, 3);
    let lookups: Vec<_> = (0..50)
        .map(|_| {
            let resolver = resolver.clone();
            tokio::spawn(async move { look_up(&resolver, "one", "silent".to_owned()).await })
        })
        .collect();
    wait_for(&server, 1).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    server.speak();
    for lookup in lookups {
        lookup.await.unwrap().unwrap_err();
    }
    assert_eq!(server.asked(), 1);
    look_up(&resolver, "one", "silent".to_owned()).await.unwrap_err();
    assert_eq!(server.asked(), 2, "nothing is kept");
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    let server = NameServer::default();
    let resolver = server.impatient(1, 1, Duration::from_millis(20));
    let error = look_up(&resolver, "one", "silent-1".to_owned())
        .await
        .unwrap_err();
    assert!(matches!(error, LookupError::TimedOut(_)), "{error}");
    // The first one still holds the room.
    let error = look_up(&resolver, "one", "host".to_owned()).await.unwrap_err();
    assert!(matches!(error, LookupError::TimedOut(_)), "{error}");
    server.speak();
}

#[tokio::test]
async fn spaces_that_look_nothing_up_are_forgotten() {
    let server = NameServer::default();
    let resolver = server.resolver(8, 3);
    for number in 0..1000 {
        let space = format!("space-{number}");
        look_up(&resolver, &space, "host".to_owned()).await.unwrap();
    }
    assert!(resolver.0.under_way().spaces.len() <= SWEEP_FROM);
}

#[tokio::test]
async fn the_operating_system_knows_this_machine() {
    let mut resolver = BoundedResolver::new(LookupLimits::default());
    let found = resolver.call("localhost".parse().unwrap()).await.unwrap();
    assert!(found.into_iter().all(|address| address.ip().is_loopback()));
    let unknown = resolver.call("no-such-name.invalid".parse().unwrap()).await;
    assert!(matches!(unknown, Err(LookupError::Failed(_))));
}
