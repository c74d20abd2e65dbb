//! Every operator, function and cast.

use super::evaluate;
use crate::Scalar;
use crate::sample::{Sample, number, text};

fn event() -> Sample {
    Sample::event()
        .with("count", number("7"))
        .with("zero", number("0"))
        .with("large", number("5000000000"))
        .with("ratio", number("1.5"))
        .with("flag", Scalar::Bool(true))
        .with("nothing", Scalar::Null)
        .with("1st", text("first"))
        .with("digits", text("007"))
        .with("name", text("straße"))
}

fn assert_values(table: &[(&str, &str)]) {
    let event = event();
    for (expression, wanted) in table {
        let (value, error) = evaluate(expression, &event);
        let seen = error.map_or(value.clone(), |error| format!("{value} {error}"));
        assert_eq!(seen, *wanted, "{expression}");
    }
}

#[test]
fn literals_and_attributes() {
    assert_values(&[
        ("'it\\'s'", "\"it's\""),
        ("\"it's\"", "\"it's\""),
        ("'a\\\\'", r#""a\\\\""#),
        ("'a\\nb'", r#""a\\nb""#),
        ("''", "\"\""),
        ("+7", "7"),
        ("-2147483648", "-2147483648"),
        ("00012", "12"),
        ("True", "true"),
        ("TYPE", "\"order.created\""),
        ("1st", "\"first\""),
        ("count", "7"),
        ("large", "\"5000000000\""),
        ("ratio", "\"1.5\""),
        ("flag", "true"),
        ("nothing", "false missingAttribute"),
        ("missing", "false missingAttribute"),
        ("EXISTS type", "true"),
        ("exists nothing", "false"),
        ("EXISTS 1st AND EXISTS count", "true"),
    ]);
}

#[test]
fn logic_goes_from_left_to_right_and_no_further_than_it_has_to() {
    assert_values(&[
        // AND would bind tighter elsewhere, and a grammar that goes from the right would say true.
        ("true OR true AND false", "false"),
        ("false AND false OR true", "true"),
        ("true XOR true AND false", "false"),
        ("true OR true XOR true", "false"),
        ("false AND missing", "false"),
        ("true OR missing = 'b'", "true"),
        ("false OR missing = 'b'", "false missingAttribute"),
        ("missing = 'b' OR true", "false missingAttribute"),
        ("true AND 1", "true"),
        ("'TRUE' AND 'true'", "true"),
        ("true AND 'x'", "false cast"),
        ("0 OR 2", "true"),
        ("true XOR missing", "false missingAttribute"),
        ("NOT (type = 'a')", "true"),
        ("NOT type = 'a'", "false cast"),
        ("NOT NOT true", "true"),
        ("NOT 0", "true"),
        ("NOT 1", "false"),
        ("NOT 10", "true cast"),
        ("NOT 'x'", "true cast"),
        ("NOT (missing = 'a')", "false missingAttribute"),
        ("true OR 1 / 0 = 1 AND 1 / 0 = 1", "false math"),
    ]);
}

#[test]
fn comparisons() {
    assert_values(&[
        ("'TRUE' = true", "true"),
        ("true = 'TRUE'", "false"),
        ("digits = 7", "true"),
        ("7 = digits", "false"),
        ("count = '7'", "true"),
        ("count = '07'", "false"),
        ("type = 1", "false cast"),
        ("count != 8", "true"),
        ("count <> 7", "false"),
        ("flag = 1", "true"),
        ("1 = flag", "true"),
        ("digits < 8", "true"),
        ("count <= digits", "true"),
        ("count > 6", "true"),
        ("count >= 8", "false"),
        ("type > 6", "false cast"),
        ("'b' > 'a'", "false cast"),
        ("1 < 2 = true", "true"),
        ("2 = 1 + 1", "true"),
        ("missing != 2", "false missingAttribute"),
        ("name = 'STRASSE'", "false"),
    ]);
}

#[test]
fn arithmetic() {
    assert_values(&[
        ("7-1", "6"),
        ("count -1", "6"),
        ("2 + 3 * 4", "14"),
        ("10 - 3 - 2", "5"),
        ("100 / 7 / 2", "7"),
        ("-7 / 2", "-3"),
        ("7 / -2", "-3"),
        ("-7 % 3", "-1"),
        ("7 % -3", "1"),
        ("- 5", "-5"),
        ("- - 5", "5"),
        ("-count", "-7"),
        ("--7", "7"),
        ("5 - -3", "8"),
        ("2147483647 + 1", "0 math"),
        ("-2147483648 - 1", "0 math"),
        ("65536 * 65536", "0 math"),
        ("-2147483648 / -1", "0 math"),
        ("-2147483648 % -1", "0"),
        ("-(-2147483648)", "0 math"),
        ("1 / zero", "0 math"),
        ("1 % zero", "0 math"),
        ("1 / missing", "0 missingAttribute"),
        ("missing / 0", "0 missingAttribute"),
        ("'x' + 1", "0 cast"),
        ("true + true", "2"),
        ("large + 1", "0 cast"),
    ]);
}

#[test]
fn membership() {
    assert_values(&[
        ("type IN ('a', 'order.created')", "true"),
        ("type NOT IN ('a', 'b')", "true"),
        ("count IN ('007')", "true"),
        ("digits IN (7)", "false"),
        ("flag IN (1)", "true"),
        ("count IN ('x', 7)", "false cast"),
        ("count IN (7, 'x')", "true"),
        ("count NOT IN ('x', 7)", "false cast"),
        ("missing IN ('a')", "false missingAttribute"),
        ("type IN (missing, type)", "false missingAttribute"),
        ("type IN (type, missing)", "true"),
        ("1 + 1 IN (2)", "1"),
        ("(1 + 1) IN (2)", "true"),
        ("type LIKE 'order.%' IN (true)", "true"),
        ("count LIKE '_'", "true"),
        ("type LIKE \"%.created\" AND type NOT LIKE '%.deleted'", "true"),
        ("missing NOT LIKE 'a'", "false missingAttribute"),
    ]);
}

#[test]
fn functions() {
    assert_values(&[
        ("LENGTH(name)", "6"),
        ("length(12)", "2"),
        ("CONCAT()", "\"\""),
        ("CONCAT(type, '-', count, flag)", "\"order.created-7true\""),
        ("CONCAT_WS('-', 1, 2, 3)", "\"1-2-3\""),
        ("Concat_Ws('-')", "\"\""),
        ("CONCAT_WS()", "false missingFunction"),
        ("NO_SUCH(1)", "false missingFunction"),
        ("LENGTH()", "false missingFunction"),
        ("LOWER('ÄB')", "\"äb\""),
        ("UPPER(name)", "\"STRASSE\""),
        ("TRIM('\u{2003} a b\u{a0}')", "\"a b\""),
        ("LEFT(name, 5)", "\"straß\""),
        ("LEFT(name, -1)", "\"straße\" functionEvaluation"),
        ("LEFT(name, 2147483647)", "\"straße\""),
        ("RIGHT(name, 2)", "\"ße\""),
        ("RIGHT('abc', 0)", "\"\""),
        ("RIGHT('abc', -2147483648)", "\"abc\" functionEvaluation"),
        ("LENGTH(LEFT(name, -1))", "0 functionEvaluation"),
        ("SUBSTRING(name, 5)", "\"ße\""),
        ("SUBSTRING(name, -2, 1)", "\"ß\""),
        ("SUBSTRING(name, -6)", "\"straße\""),
        ("SUBSTRING(name, 6, 9)", "\"e\""),
        ("SUBSTRING(name, 7)", "\"\" functionEvaluation"),
        ("SUBSTRING(name, -7)", "\"\" functionEvaluation"),
        ("SUBSTRING(name, -2147483648)", "\"\" functionEvaluation"),
        ("SUBSTRING(name, 1, 0)", "\"\""),
        ("SUBSTRING(name, 1, -1)", "\"\" functionEvaluation"),
        ("SUBSTRING(name, 0, -1)", "\"\" functionEvaluation"),
        ("SUBSTRING('', 1)", "\"\" functionEvaluation"),
        ("ABS(-count)", "7"),
        ("ABS(-2147483648)", "2147483647 math"),
        ("ABS('x')", "0 cast"),
        ("ABS(missing)", "0 missingAttribute"),
        ("CONCAT('a', missing)", "\"\" missingAttribute"),
    ]);
}

#[test]
fn casts() {
    assert_values(&[
        ("INT('+12')", "12"),
        ("INT('-012')", "-12"),
        ("INT('')", "0 cast"),
        ("INT(' 1')", "0 cast"),
        ("INT('1.0')", "0 cast"),
        ("INT('2147483648')", "0 cast"),
        ("INT(flag)", "1"),
        ("BOOL('tRue')", "true"),
        ("BOOL(' true')", "false cast"),
        ("BOOL('1')", "false cast"),
        ("BOOL(-1)", "true"),
        ("STRING(-12)", "\"-12\""),
        ("STRING(flag)", "\"true\""),
        ("STRING(missing)", "\"\" missingAttribute"),
        ("IS_INT('12')", "true"),
        ("IS_INT(type)", "false"),
        ("IS_INT(missing)", "false missingAttribute"),
        ("IS_BOOL('FALSE')", "true"),
        ("is_bool('no')", "false"),
    ]);
}
