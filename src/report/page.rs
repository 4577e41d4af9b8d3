//! A page: one file, no network, light and dark, prints well.

use crate::units::visible;
use minijinja::{Environment, Value, context};

/// What all pages look like.
const STYLE: &str = include_str!("style.css");

/// The page that a template makes of a model.
pub(super) fn page(template: &str, model: Value) -> String {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::Html);
    let page = environment.render_str(template, context! { style => STYLE, ..model });
    let page = page.unwrap_or_else(|error| format!("<!doctype html><title>foresail</title><pre>{error}</pre>"));
    visible(&page).into_owned()
}
