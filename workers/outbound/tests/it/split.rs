use outbound::split;
use proptest::prelude::*;

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

#[test]
fn a_text_that_fits_is_one_part_and_an_empty_one_is_none() {
    assert_eq!(split(" hola ", 16), ["hola"]);
    assert_eq!(split("", 4096), Vec::<String>::new());
    assert_eq!(split(" \n ", 4096), Vec::<String>::new());
}

#[test]
fn it_cuts_at_the_best_place() {
    let cases: [(&str, &[&str]); 6] = [
        (
            "uno dos tres.\ncuatro\n\ncinco seis. siete",
            &["uno dos tres.\ncuatro", "cinco seis. siete"],
        ),
        ("uno dos tres. cuatro\ncinco seis. siete", &["uno dos tres. cuatro", "cinco seis. siete"]),
        ("uno dos tres cuatro. cinco seis siete", &["uno dos tres cuatro.", "cinco seis siete"]),
        ("uno dos tres cuatro cinco seis siete", &["uno dos tres cuatro cinco", "seis siete"]),
        ("a\n\nbb ccc dddd eeeee ffffff ggggggg", &["a\n\nbb ccc dddd eeeee", "ffffff ggggggg"]),
        ("abcdefghijklmnopqrstuvwxyzabcdefgh", &["abcdefghijklmnopqrstuvwxyz", "abcdefgh"]),
    ];
    for (text, parts) in cases {
        assert_eq!(split(text, 30), parts, "from {text:?}");
    }
}

#[test]
fn open_marks_are_closed_and_opened_again() {
    assert_eq!(
        split("dice *uno _dos tres cuatro cinco seis_* fin", 30),
        ["dice *uno _dos tres cuatro_*", "*_cinco seis_* fin"]
    );
    assert_eq!(
        split("```\nlet a = *b;\n    let c = *d;\n    let e;\n```\nfin", 36),
        ["```\nlet a = *b;\n    let c = *d;\n```", "```\n    let e;\n```\nfin"]
    );
    assert_eq!(
        split("5 * 6 y 2*3*4 son numeros sin marca", 24),
        ["5 * 6 y 2*3*4 son", "numeros sin marca"]
    );
}

#[test]
fn what_a_reader_sees_as_one_character_stays_whole() {
    let family = "👩‍👩‍👧‍👦";
    for part in split(&family.repeat(20), 40) {
        assert_eq!(part.replace(family, ""), "");
    }
    for part in split(&"🇵🇪".repeat(20), 17) {
        assert_eq!(part.replace("🇵🇪", ""), "");
    }
    for part in split(&"👍🏽".repeat(20), 17) {
        assert_eq!(part.replace("👍🏽", ""), "");
    }
}

fn words(text: &str) -> Vec<String> {
    let bare = text.replace(['*', '_', '~', '`'], "");
    bare.split_whitespace().map(str::to_owned).collect()
}

proptest! {
    #[test]
    fn every_part_fits_and_no_word_is_lost(
        text in "([a-zñ👍.!?]{1,9}[ \n]{1,2}|[*_~][a-z]{1,5} [a-z]{1,9}[*_~] |```\n([a-z*_]{1,9} ){1,4}\n```\n){0,40}",
        limit in 30..90_usize,
    ) {
        let parts = split(&text, limit);
        for part in &parts {
            prop_assert!(units(part) <= limit, "{part:?}");
            prop_assert!(!part.trim().is_empty());
        }
        prop_assert_eq!(words(&parts.join(" ")), words(&text));
    }

    #[test]
    fn any_text_is_split_at_any_limit(text in "[ -~ñ👍👩\u{200d}\u{301}\n*_`]{0,300}", limit in 0..80_usize) {
        let parts = split(&text, limit);
        prop_assert!(parts.iter().all(|part| units(part) <= limit.max(16)));
        let letters = |text: &str| text.replace(['*', '_', '~', '`', ' ', '\n'], "");
        prop_assert_eq!(letters(&parts.concat()), letters(&text));
    }

    #[test]
    fn text_without_marks_is_only_cut(text in "[a-zñ,.👍]{1,20}([ \n]{1,3}[a-zñ,.👍]{1,20}){0,60}") {
        let parts = split(&text, 100);
        prop_assert_eq!(words(&parts.join(" ")), words(&text));
        let full = parts.iter().rev().skip(1).all(|part| units(part) >= 40);
        prop_assert!(full, "short parts cost: {parts:?}");
    }
}
