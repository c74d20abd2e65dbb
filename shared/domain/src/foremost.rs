//! The first few of many, without putting all of them in order.

use std::cmp::Ordering;

/// Those that come first by an order, in it, and not more than `most`. Takes linear time but for those that it gives.
pub fn foremost<T>(mut all: Vec<T>, most: usize, order: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    if all.len() > most {
        if let Some(last) = most.checked_sub(1) {
            all.select_nth_unstable_by(last, &order);
        }
        all.truncate(most);
    }
    all.sort_by(order);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_come_first_and_the_rest_is_left_out() {
        let all = || vec![3, 9, 1, 7, 5];
        let largest = |most| foremost(all(), most, |a, b| b.cmp(a));
        assert_eq!(largest(2), [9, 7]);
        assert_eq!(largest(5), [9, 7, 5, 3, 1]);
        assert_eq!(largest(6), [9, 7, 5, 3, 1]);
        assert!(largest(0).is_empty());
    }
}
