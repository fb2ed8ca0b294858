//! Dialects that the records tell, and those that they do not.

use super::*;

/// Checks the dialect, of which `expected` says only what is unusual.
#[track_caller]
fn check_dialect(text: &str, expected: &Value) {
    let draft = infer(text.as_bytes(), &[]);
    let mut all = json!({ "delimiter": ",", "quoteChar": "\"", "header": true });
    all.as_object_mut().unwrap().extend(expected.as_object().unwrap().clone());
    assert_eq!(*dialect(&draft), all, "{text:?}");
    assert_eq!(targets(&draft), [""; 0], "{text:?}");
}

#[test]
fn dialects_are_told_by_their_records() {
    for (text, expected) in [
        ("a,b\n1,2\n", json!({})),
        ("a;b\r\n1,5;2,5\r\n3,5;4,5\r\n", json!({ "delimiter": ";" })),
        ("a\tb\n1\tx,y\n2\tz,w\n", json!({ "delimiter": "\t" })),
        ("a|b\n1|\"x|y\"\n2|z\n", json!({ "delimiter": "|" })),
        ("a||b\n1||x\n2||y\n", json!({ "delimiter": "||" })),
        ("a:b\n1:2\n3:4\n", json!({ "delimiter": ":" })),
        ("a b\n1 2\n3 4\n", json!({ "delimiter": " " })),
        ("t,n\n10:30:00,1\n11:30:00,2\n", json!({})),
        ("a,b\n\"x;y\",1\n\"z;w\",2\n", json!({})),
        ("name|n|town\nSmith, J|1|Oslo\nDoe, A|2|Rome\n", json!({ "delimiter": "|" })),
        ("id,name\n1,'a,b'\n2,'c,d'\n", json!({ "quoteChar": "'" })),
        ("'id','name'\n'1','it'\n'2','on'\n", json!({ "quoteChar": "'" })),
        ("n,height\n1,5'\n2,6'\n", json!({})),
        ("t,n\n\"x, \"\"y\"\"\nz\",1\nw,2\n", json!({})),
        ("a,b\n1,x\\,y\n2,z\\,w\n3,v\n", json!({ "escapeChar": "\\" })),
        ("a,b\n1,\"x \\\"y\\\", z\"\n2,w\n", json!({ "escapeChar": "\\" })),
        ("a,b\n1,C:\\x\n2,D:\\y\n", json!({})),
        ("a, b, c\n1, \"x, y\", 3\n4, z, 6\n", json!({ "skipInitialSpace": true })),
        ("a,b\n1, x\n2,y\n", json!({})),
        ("# c\nid,n\n1,2\n# d, e, f\n3,4\n", json!({ "commentChar": "#" })),
        ("#id,n\n1,2\n3,4\n", json!({})),
        ("Report\n\nid,n\n1,2\n3,4\n", json!({ "headerRows": [3] })),
        ("\nid,n\n1,2\n3,4\n", json!({ "headerRows": [2] })),
        ("1,apple\n2,orange\n", json!({ "header": false })),
        ("# c\n1,2\n3,4\n", json!({ "header": false, "commentChar": "#" })),
        (",a\n0,1\n1,2\n", json!({ "header": false, "commentRows": [1] })),
        ("a,A\n0,1\n1,2\n", json!({ "header": false, "commentRows": [1] })),
        ("n\n1\n2\n", json!({})),
    ] {
        check_dialect(text, &expected);
    }
}

#[test]
fn a_dialect_that_could_be_two_is_a_question() {
    for (text, target, expected) in [
        ("a;b,c\n1;2,3\n4;5,6\n", "delimiter", &[";", ","][..]),
        ("n\n1,5\n2,5\n3,5\n", "delimiter", &[";", ","]),
        ("Report\n1,2\n3,4\n", "delimiter", &[";", ","]),
        ("a,b\n1,\"x\n2,y\n", "quoteChar", &["\"", "none"]),
        ("n\tb\n1\tit's 5\" long\n2\t\"a\" word\n", "quoteChar", &["\"", "none"]),
        ("a,b\n1,'x'\n2,'y'\n", "quoteChar", &["\"", "'"]),
        ("name,town\nAnna,Oslo\nBert,Bergen\n", "header", &["true", "false"]),
        ("town,2012,2013\nOslo,1,2\nBergen,3,4\n", "header", &["true", "false"]),
    ] {
        let draft = infer(text.as_bytes(), &[]);
        assert_eq!(targets(&draft), [target], "{text:?}");
        let mut found = answers(&draft.questions[0]);
        found.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{text:?}");
        for answer in expected {
            let chosen = infer(text.as_bytes(), &[&format!("{target}={answer}")]);
            assert!(!targets(&chosen).contains(&target), "{text:?} {answer}");
        }
    }
}
