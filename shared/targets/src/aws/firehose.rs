//! Amazon Data Firehose streams (docs/contract.md §3.4): each event is a record, with a newline after it if that is asked for.

use aws::Service;
use bytes::{BufMut as _, Bytes, BytesMut};
use domain::resource::FirehoseStream;

use crate::answer::FunctionAnswer;
use crate::aws::batch::Destination;
use crate::aws::firehose_stream::Stream;
use crate::aws::limit;
use crate::call::Call;
use crate::clients::Clients;
use crate::error::InvokeError;

/// Most bytes of a record.
const MOST_BYTES: usize = 1000 * 1024;

/// Puts the event into the stream; gives the record id.
pub(crate) async fn call(
    with: &Clients,
    stream: &FirehoseStream,
    call: Call<'_>,
) -> Result<FunctionAnswer, InvokeError> {
    let data = if stream.newline {
        with_newline(&call.payload)
    } else {
        call.payload
    };
    limit::check(&data, MOST_BYTES, "Amazon Data Firehose")?;
    let identity = with.secrets.aws(&stream.credentials).await?;
    let client = with
        .aws
        .client(Service::Firehose, &stream.region, &identity)
        .await;
    let destination = Destination::new(&stream.region, &identity, &stream.delivery_stream_name);
    let stream = Stream {
        client,
        name: stream.delivery_stream_name.clone(),
        identity,
    };
    let sent = with
        .aws
        .batches
        .firehose
        .send(destination, stream, data, call.caller);
    Ok(FunctionAnswer::of(sent.await?))
}

fn with_newline(payload: &[u8]) -> Bytes {
    let mut data = BytesMut::with_capacity(payload.len() + 1);
    data.put_slice(payload);
    data.put_u8(b'\n');
    data.freeze()
}
