use outbound::render;
use proptest::prelude::*;

use crate::arbitrary::whatever;

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (markdown, expected) in cases {
        assert_eq!(render(markdown), *expected, "from {markdown:?}");
    }
}

#[track_caller]
fn unchanged(texts: &[&str]) {
    for text in texts {
        assert_eq!(render(text), *text);
    }
}

#[test]
fn emphasis_becomes_whatsapps_marks() {
    check(&[
        ("**Precio:** S/ 99", "*Precio:* S/ 99"),
        ("__Precio:__ S/ 99", "*Precio:* S/ 99"),
        ("es _muy_ bueno", "es _muy_ bueno"),
        ("~~S/ 120~~ S/ 99", "~S/ 120~ S/ 99"),
        ("~S/ 120~ S/ 99", "~S/ 120~ S/ 99"),
        ("***importante***", "*_importante_*"),
        ("**negrita _y cursiva_**", "*negrita _y cursiva_*"),
        ("_a **b**_", "_a *b*_"),
        ("**a *b* c**", "*a _b_ c*"),
        ("¿**Qué** plan?, **el de 400**.", "¿*Qué* plan?, *el de 400*."),
        ("(**nuevo**)", "(*nuevo*)"),
        ("usa `relevo serve` ya", "usa `relevo serve` ya"),
        ("**Usa `x` ahora**", "*Usa* `x` *ahora*"),
        ("**Hola 👋**", "*Hola 👋*"),
    ]);
}

#[test]
fn text_that_is_whatsapps_mark_up_stays() {
    unchanged(&[
        "esto es *negrita* y _cursiva_ y ~tachado~",
        "*Horario*\nLunes a viernes",
        "- uno\n- dos",
        "> cita\n> en dos líneas",
    ]);
}

#[test]
fn marks_stand_at_words_and_touch_text_or_are_left_out() {
    check(&[
        ("**foo**bar", "foobar"),
        ("re**abrir**", "reabrir"),
        ("**a\nb**", "*a*\n*b*"),
        ("** negrita **", "negrita"),
        ("**Precio:**S/ 99", "Precio:S/ 99"),
        ("**Precio: 99", "Precio: 99"),
        ("*Aplican condiciones, **precio** fijo", "*Aplican condiciones, precio fijo"),
        ("**Total:** 99*", "*Total:* 99*"),
    ]);
}

#[test]
fn prices_names_and_addresses_are_no_marks() {
    unchanged(&[
        "2*3",
        "2*3*4 = 24",
        "2**3**4",
        "5 * 6",
        "10*12 y 10*15",
        "mide 5*3*2 cm y 6*3*2 cm",
        "snake_case_name y otro_nombre_",
        "https://x.pe/a_b_c?d=_e_&f=*g*",
        "https://x.pe/__init__/a y www.x.pe/__b__",
        "tarjeta ****1234",
        "**** **** **** 1234",
        "marca *123# o *124#",
        "~5 min o ~10 min",
        "#1 en ventas",
        "S/ 99* y S/ 120*",
        "a < b y b > c <3",
        "el pedido N.° 5 [A]",
        "juan_perez@x.pe",
        "¿Qué tal? ¡Bien! 5 % & más; 1) no",
        "Escribe <su nombre> y <DNI>",
        "+51 987 654 321",
    ]);
}

#[test]
fn headings_become_bold_lines() {
    check(&[
        ("# Horario\nLunes", "*Horario*\nLunes"),
        ("## Horario ##\n\nLunes", "*Horario*\n\nLunes"),
        ("### **Ya** en negrita", "*Ya en negrita*"),
        ("Horario\n===\nLunes", "*Horario*\nLunes"),
        ("Todo el texto\n---\nsigue", "Todo el texto\nsigue"),
        ("uno\n\n---\n\ndos", "uno\n\ndos"),
        ("#", ""),
    ]);
}

#[test]
fn links_show_their_address_once() {
    check(&[
        ("[Tienda](https://x.pe/t)", "Tienda: https://x.pe/t"),
        ("[https://x.pe](https://x.pe/)", "https://x.pe"),
        ("[x.pe](https://x.pe)", "x.pe"),
        ("<https://x.pe>", "https://x.pe"),
        ("[ventas@x.pe](mailto:ventas@x.pe)", "ventas@x.pe"),
        ("[Llámanos](tel:+5112345678)", "Llámanos: +5112345678"),
        ("**[Tienda](https://x.pe)**", "*Tienda*: https://x.pe"),
        ("[arriba](#top)", "arriba"),
        ("[Ver:](https://x.pe)", "Ver: https://x.pe"),
        ("![Mapa](https://x.pe/m.png)", "Mapa: https://x.pe/m.png"),
        ("![](https://x.pe/m.png)", "https://x.pe/m.png"),
        ("mira ![](https://x.pe/m.png)", "mira https://x.pe/m.png"),
        ("[Tienda](https://x.pe/con espacios)", "[Tienda] (https://x.pe/con espacios)"),
    ]);
}

#[test]
fn lists_keep_their_numbers_and_levels() {
    check(&[
        ("* uno\n* dos", "- uno\n- dos"),
        ("+ uno\n\n+ dos", "- uno\n\n- dos"),
        ("1. uno\n2. dos", "1. uno\n2. dos"),
        ("1. uno\n1. dos", "1. uno\n2. dos"),
        ("2. dos\n5. cinco", "2. dos\n5. cinco"),
        (
            "Planes:\n- **400**: S/ 99\n  con wifi\n- 600",
            "Planes:\n- *400*: S/ 99\n  con wifi\n- 600",
        ),
        ("1. uno\n   - a\n   - b\n2. dos", "1. uno\n   - a\n   - b\n2. dos"),
        ("- [x] hecho\n- [ ] falta", "- ☑ hecho\n- ☐ falta"),
        ("-\n- dos", "- dos"),
        ("> - uno\n> - dos", "> - uno\n> - dos"),
    ]);
}

#[test]
fn quotes_have_one_level() {
    check(&[
        (">cita", "> cita"),
        ("> uno\n>\n> dos", "> uno\n\n> dos"),
        ("> uno\n>> dos", "> uno\n> dos"),
        ("dice:\n> **hola**\n\nfin", "dice:\n> *hola*\n\nfin"),
    ]);
}

#[test]
fn tables_become_lines() {
    check(&[
        (
            "| Plan | Precio | Velocidad |\n|---|---:|---|\n| **Básico** | S/ 99 | 400 |\n| Pro | | 600 |",
            "- *Básico* · Precio: S/ 99 · Velocidad: 400\n- *Pro* · Velocidad: 600",
        ),
        ("Sedes:\n\n| Sede |\n|---|\n| Lima |\n| Cusco |", "Sedes:\n\n*Sede*\n- *Lima*\n- *Cusco*"),
        ("| a | b |\n|---|---|\n| x<br>y | `z` |", "- *x y* · b: `z`"),
        ("| a | b |\n|---|---|\n| x | y |\n\nuno\ndos", "- *x* · b: y\n\nuno\ndos"),
        ("uno | dos", "uno | dos"),
    ]);
}

#[test]
fn code_blocks_keep_their_text() {
    check(&[
        ("```rust\nlet a_b = **c;\n  d\n```", "```\nlet a_b = **c;\n  d\n```"),
        ("mira:\n~~~\nx\n~~~\nfin", "mira:\n```\nx\n```\nfin"),
        ("```\n```", ""),
        ("```markdown\n## Hola\n**a**\n```", "*Hola*\n*a*"),
        ("uno\n\n    **dos**\n    tres", "uno\n\n*dos*\ntres"),
        ("``a`b``", "a`b"),
        ("```código```", "`código`"),
    ]);
}

#[test]
fn html_is_dropped_and_entities_are_decoded() {
    check(&[
        ("uno<br>dos<br/>tres", "uno\ndos\ntres"),
        ("<b>uno</b> &amp; dos &lt;3 &ntilde;", "uno & dos <3 ñ"),
        ("<div>\n**uno**\n</div>\n\ndos", "*uno*\n\ndos"),
        ("<!-- nota -->uno", "uno"),
        ("<p>uno</p><p>dos</p>", "uno\n\ndos"),
        ("<nombre>\n**uno**", "<nombre>\n*uno*"),
        ("<!-- sin fin", "<!-- sin fin"),
    ]);
}

#[test]
fn line_breaks_stay_where_the_author_made_them() {
    check(&[
        ("uno\ndos  \ntres\\\ncuatro", "uno\ndos\ntres\ncuatro"),
        ("uno\n\n\n\ndos\r\ntres", "uno\n\ndos\ntres"),
        ("  \n uno \n\n", "uno"),
        ("", ""),
    ]);
}

/// Inline Markdown as a model writes it: well formed, between words.
fn inline() -> impl Strategy<Value = String> {
    let words = "[a-zñ0-9]{1,6}( [a-zñ0-9]{1,6}){0,2}";
    prop_oneof![
        words.prop_map(|w| w),
        words.prop_map(|w| format!("**{w}**")),
        words.prop_map(|w| format!("*{w}*")),
        words.prop_map(|w| format!("_{w}_")),
        words.prop_map(|w| format!("***{w}***")),
        words.prop_map(|w| format!("~~{w}~~")),
        words.prop_map(|w| format!("**{w}:** _{w}_")),
        words.prop_map(|w| format!("`{w}`")),
        words.prop_map(|w| format!("[{w}](https://x.pe/{})", w.replace(' ', "_"))),
        words.prop_map(|w| format!("![**{w}**](https://x.pe/a.png)")),
        words.prop_map(|w| format!("**{w}")),
    ]
}

fn block() -> impl Strategy<Value = String> {
    let text = || prop::collection::vec(inline(), 1..5).prop_map(|inlines| inlines.join(" "));
    (0..8_u8, text(), text()).prop_map(|(kind, one, two)| match kind {
        0 => format!("# {one}"),
        1 => format!("### {one}\n{two}"),
        2 => format!("- {one}\n- {two}\n  - {one}"),
        3 => format!("1. {one}\n2. {two}"),
        4 => format!("> {one}\n> {two}"),
        5 => format!("| a | b |\n|---|---|\n| {one} | {two} |"),
        6 => format!("{one}\n{two}"),
        _ => format!("---\n\n{one}"),
    })
}

#[test]
fn nothing_raw_is_left_of_markdown() {
    whatever(&prop::collection::vec(block(), 0..6), |blocks| {
        let rendered = render(&blocks.join("\n\n"));
        prop_assert!(!rendered.contains("**"), "{rendered}");
        prop_assert!(!rendered.contains("]("), "{rendered}");
        prop_assert!(!rendered.lines().any(|line| line.starts_with('#')), "{rendered}");
        Ok(())
    });
}

#[test]
fn any_text_is_rendered_without_a_panic() {
    whatever(&"[ -~ñé👍\n*_`#>|<\\[\\]()-]{0,80}", |text| {
        render(&text);
        Ok(())
    });
}

#[test]
fn plain_text_stays_as_it_is() {
    let paragraph = "[a-zA-Zñáé¿¡]{1,8}[,.?!:;%$/0-9]{0,3}( [a-zA-Zñáé0-9,.%$/]{1,8}){0,6}";
    let separator = prop_oneof![Just("\n"), Just("\n\n")];
    whatever(&(prop::collection::vec(paragraph, 1..5), separator), |(paragraphs, separator)| {
        let text = paragraphs.join(separator);
        prop_assert_eq!(render(&text), text);
        Ok(())
    });
}

#[test]
fn rendering_a_message_twice_changes_nothing() {
    whatever(&prop::collection::vec(inline(), 1..6), |inlines| {
        let once = render(&inlines.join(" "));
        prop_assert_eq!(render(&once), once);
        Ok(())
    });
}
