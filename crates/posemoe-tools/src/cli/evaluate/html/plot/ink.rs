//! The colours of all plots, each for light and for dark pages.

use std::fmt::Write as _;

use plotters::style::RGBColor;

// Okabe and Ito's colours, which people with any colour vision can tell apart.
/// What was predicted; root-relative errors.
pub const PREDICTED: RGBColor = RGBColor(0, 114, 178);
/// What is far off; absolute errors.
pub const FAR: RGBColor = RGBColor(213, 94, 0);
/// What is true.
pub const TRUE: RGBColor = RGBColor(134, 142, 154);
/// Words and numbers.
pub const TEXT: RGBColor = RGBColor(75, 84, 96);
/// Axes, and lines to compare with.
pub const AXIS: RGBColor = RGBColor(160, 168, 180);
/// The grid.
pub const GRID: RGBColor = RGBColor(228, 232, 237);

/// Name of the CSS variable, colour on a light page, colour on a dark page.
const INKS: [(&str, RGBColor, RGBColor); 6] = [
    ("predicted", PREDICTED, RGBColor(86, 180, 233)),
    ("far", FAR, RGBColor(245, 140, 66)),
    ("true", TRUE, RGBColor(139, 148, 160)),
    ("text", TEXT, RGBColor(176, 186, 198)),
    ("axis", AXIS, RGBColor(95, 105, 118)),
    ("grid", GRID, RGBColor(45, 52, 61)),
];

/// Style that gives each page its colours: the SVG is drawn for a light one, and its attributes
/// yield to variables.
pub fn css() -> String {
    let (mut light, mut dark, mut rules) = (String::new(), String::new(), String::new());
    for (name, on_light, on_dark) in INKS {
        let (on_light, on_dark) = (hex(on_light), hex(on_dark));
        // Writing to a String cannot fail.
        let _ = write!(light, "--{name}:{on_light};");
        let _ = write!(dark, "--{name}:{on_dark};");
        let _ = writeln!(
            rules,
            ".plot [fill=\"{on_light}\"]{{fill:var(--{name})}}\
             .plot [stroke=\"{on_light}\"]{{stroke:var(--{name})}}"
        );
    }
    format!(":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{rules}")
}

/// As plotters writes it.
fn hex(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}
