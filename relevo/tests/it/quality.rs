//! What a business learns of its own lists with `relevo quality`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// Without any setting: it needs none.
fn quality(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relevo"));
    command.arg("quality").args(arguments).env_clear().output().unwrap()
}

fn written(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_business_measures_its_own_lists_and_gets_one_object_with_what_it_gave() {
    let folder = tempfile::tempdir().unwrap();
    let faq = "F|¿Cuál es el horario?|De 9:00 a 20:00.\n-a q hora abren\n\
               F|¿Hacen envíos?|Sí, a todo el país por 10 soles.\n-me lo mandan a mi casa?\n";
    let faq = written(folder.path(), "faq.txt", faq);
    let others = written(folder.path(), "others.txt", "near|tienen wifi\nfar|cuenta un chiste\n");
    let pairs = written(folder.path(), "pairs.txt", "abren el lunes|abren el martes\n");
    let known = "hi|hola\nhi|buenas\nboss|quiero hablar con una persona\nboss|un asesor\n";
    let known = written(folder.path(), "known.txt", known);
    let asked = written(folder.path(), "asked.txt", "hi|hola buenas\nboss|una persona ya\n");
    let path = |path: &PathBuf| path.to_str().unwrap().to_owned();

    let measured = quality(&[
        "--json",
        "--faq",
        &path(&faq),
        "--unanswerable",
        &path(&others),
        "--pairs",
        &path(&pairs),
        "--intents",
        &path(&asked),
        "--intents-train",
        &path(&known),
    ]);
    assert!(measured.status.success(), "{measured:?}");
    let measured: Value = serde_json::from_slice(&measured.stdout).unwrap();
    assert_eq!(measured["faq"], json!({"n": 2, "r1": 1.0, "r1_ci": [1.0, 1.0], "r3": 1.0}));
    let handoff = &measured["handoff"];
    assert_eq!((&handoff["n"], &handoff["promised"]), (&json!(4), &json!(0.95)));
    assert_eq!(handoff["realised"], Value::Null, "nothing is sure with so few: {handoff}");
    assert_eq!(handoff["answered_right"], json!(0.0));
    assert_eq!(measured["pairs"], json!({"n": 2, "wrongly_reused": 0.0}));
    assert_eq!(measured["intents"], json!({"n": 2, "macro_f1": 1.0, "human_recall": 1.0}));

    let only: Value =
        serde_json::from_slice(&quality(&["--json", "--pairs", &path(&pairs)]).stdout).unwrap();
    assert_eq!(only.as_object().unwrap().keys().collect::<Vec<_>>(), ["pairs"]);
}

#[test]
fn a_bad_list_is_named_with_the_line_and_what_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let bad = written(folder.path(), "bad.txt", "F|a|b\n-x\nno es nada\n");
    let told = quality(&["--json", "--faq", bad.to_str().unwrap()]);
    assert_eq!(told.status.code(), Some(1));
    assert!(told.stdout.is_empty());
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("bad.txt: line 3: write F|question|answer"), "{told}");

    assert_eq!(quality(&["--intents", "a.txt"]).status.code(), Some(64), "it needs the other too");
}
