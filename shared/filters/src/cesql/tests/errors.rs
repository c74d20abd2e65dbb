//! What is refused, where, and what is said.

use super::compile;

#[test]
fn refusals_name_the_character_and_say_what_to_write() {
    let table = [
        ("", 0, "expected a value, not the end"),
        ("type ==  'a'", 5, "write `=`"),
        ("type = 'ä' && true", 11, "write AND"),
        ("a || b", 2, "write OR"),
        ("type IN ['a']", 8, "IN ('a', 'b')"),
        ("type IN ()", 9, "expected a value"),
        ("type IN 'a'", 8, "expected `(`"),
        ("'ä' = 'b", 6, "its quote is missing"),
        ("'it''s'", 3, "backslash"),
        ("'a\\'", 0, "its quote is missing"),
        ("type LIKE subject", 10, "expected a text in quotes after LIKE"),
        ("type NOT 'a'", 9, "expected LIKE or IN after NOT"),
        ("EXISTS 'type'", 7, "the name of an attribute"),
        ("EXISTS", 6, "the name of an attribute"),
        ("EXISTS not", 7, "the name of an attribute"),
        ("2147483648", 0, "2147483647"),
        ("-2147483649", 1, "2147483647"),
        ("1 + + 2", 6, "between two values"),
        ("(type = 'a'", 11, "expected `)`"),
        ("type = 'a')", 10, "expected an operator or the end, not `)`"),
        ("type 'a'", 5, "expected an operator or the end"),
        ("AND true", 0, "not the keyword `AND`"),
        ("my_ext = 'a'", 0, "letters and digits"),
        ("type = ä", 7, "no meaning outside quotes"),
        ("true AND nope(1)", 9, "there is no such function"),
        ("CONCAT_WS()", 0, "CONCAT_WS takes 1 or more arguments, not 0"),
        ("SUBSTRING('a')", 0, "SUBSTRING takes 2 to 3 arguments, not 1"),
        ("f2(1)", 0, "expected a function"),
        ("data = 'a'", 0, "write a `pattern`"),
        ("EXISTS data", 7, "write a `pattern`"),
        ("a = !b", 4, "write NOT"),
    ];
    for (expression, offset, reason) in table {
        let error = compile(expression).expect_err(expression);
        assert_eq!(
            (error.offset, &*error.pointer),
            (Some(offset), "/0/sql"),
            "{expression}: {error}"
        );
        assert!(error.reason.contains(reason), "{expression}: {error}");
    }
}
