//! Texts.

use super::{Arguments, Done, texts_of};
use crate::scenario::terraform::body::Value;
use regex::{Captures, Regex, RegexBuilder};

/// The most places of a number in `format`.
const WIDEST: usize = 1000;
/// Longer texts are not made.
const LONGEST: usize = 16 << 20;
const TOO_LONG: &str = "makes a text of more than 16 MiB";

pub(super) fn call(of: Arguments<'_>) -> Option<Done> {
    let text = |change: fn(&str) -> String| of.text(0).map(|text| Value::Text(change(&text)));
    let pair = |is: fn(&str, &str) -> bool| of.text(0).and_then(|text| Ok(Value::Bool(is(&text, &of.text(1)?))));
    Some(match of.name {
        "lower" => text(str::to_lowercase),
        "upper" => text(str::to_uppercase),
        "title" => text(title),
        "trimspace" => text(|text| text.trim().to_owned()),
        "chomp" => text(|text| text.trim_end_matches(['\r', '\n']).to_owned()),
        "strrev" => text(|text| text.chars().rev().collect()),
        "basename" => text(|text| text.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()),
        "dirname" => text(|text| text.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned()),
        "startswith" => pair(|text, part| text.starts_with(part)),
        "endswith" => pair(|text, part| text.ends_with(part)),
        "strcontains" => pair(|text, part| text.contains(part)),
        "trim" | "trimprefix" | "trimsuffix" => trim(of),
        "substr" => substr(of),
        "split" => of.text(0).and_then(|sign| Ok(split(&sign, &of.text(1)?))),
        "join" => join(of),
        "replace" => replace(of),
        "indent" => indent(of),
        "format" => of.text(0).and_then(|spec| Ok(Value::Text(format(of, &spec, &of.all[1..])?))),
        "formatlist" => formatlist(of),
        "regex" | "regexall" => search(of),
        _ => return None,
    })
}

fn title(text: &str) -> String {
    let mut is_first = true;
    let upper = |letter: char| {
        let found = if is_first { letter.to_uppercase().to_string() } else { letter.to_string() };
        is_first = !letter.is_alphanumeric();
        found
    };
    text.chars().map(upper).collect()
}

fn trim(of: Arguments<'_>) -> Done {
    let (text, part) = (of.text(0)?, of.text(1)?);
    let rest = match of.name {
        "trim" => text.trim_matches(|letter| part.contains(letter)),
        "trimprefix" => text.strip_prefix(&part).unwrap_or(&text),
        _ => text.strip_suffix(&part).unwrap_or(&text),
    };
    Ok(Value::Text(rest.to_owned()))
}

/// From the end where the offset is below 0; to the end where the length is.
fn substr(of: Arguments<'_>) -> Done {
    let (text, offset, length) = (of.text(0)?, of.integer(1)?, of.integer(2)?);
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let from = if offset < 0 { (count + offset).max(0) } else { offset };
    let length = if length < 0 { count } else { length };
    Ok(Value::Text(text.chars().skip(from.unsigned_abs() as usize).take(length.unsigned_abs() as usize).collect()))
}

fn split(sign: &str, text: &str) -> Value {
    if sign.is_empty() {
        return texts_of(text.chars().map(String::from));
    }
    if text.is_empty() { texts_of([]) } else { texts_of(text.split(sign).map(str::to_owned)) }
}

fn join(of: Arguments<'_>) -> Done {
    let sign = of.text(0)?;
    let mut all = Vec::new();
    for at in 1..of.all.len() {
        all.extend(of.texts(at)?);
    }
    let length = all.iter().map(|text| text.len() + sign.len()).fold(0, usize::saturating_add);
    if length > LONGEST {
        return Err(of.refuse(TOO_LONG));
    }
    Ok(Value::Text(all.join(&sign)))
}

/// A part between slashes is a pattern.
fn replace(of: Arguments<'_>) -> Done {
    let (text, part, by) = (of.text(0)?, of.text(1)?, of.text(2)?);
    if text.len().saturating_mul(by.len().max(1)) > LONGEST * 8 {
        return Err(of.refuse(TOO_LONG));
    }
    match part.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        Some(pattern) => Ok(Value::Text(compile(of, pattern)?.replace_all(&text, by.as_str()).into_owned())),
        None if part.is_empty() => Ok(Value::Text(text)),
        None => Ok(Value::Text(text.replace(&part, &by))),
    }
}

fn indent(of: Arguments<'_>) -> Done {
    let (count, text) = (of.count(0)?, of.text(1)?);
    if text.len().saturating_mul(count.min(WIDEST)) > LONGEST * 8 {
        return Err(of.refuse(TOO_LONG));
    }
    Ok(Value::Text(text.replace('\n', &format!("\n{}", " ".repeat(count.min(WIDEST))))))
}

fn compile(of: Arguments<'_>, pattern: &str) -> Result<Regex, Value> {
    RegexBuilder::new(pattern).size_limit(1 << 20).build().map_err(|_| of.refuse("wants a pattern"))
}

fn search(of: Arguments<'_>) -> Done {
    let (pattern, text) = (of.text(0)?, of.text(1)?);
    let pattern = compile(of, &pattern)?;
    if of.name == "regexall" {
        return Ok(Value::list(pattern.captures_iter(&text).map(|found| captured(&pattern, &found)), 1));
    }
    let found = pattern.captures(&text);
    found.map(|found| captured(&pattern, &found)).ok_or_else(|| of.refuse("finds nothing"))
}

/// The whole match, a list of groups, or a map of named ones.
fn captured(pattern: &Regex, found: &Captures<'_>) -> Value {
    let text =
        |group: Option<regex::Match<'_>>| group.map_or(Value::Null, |part| Value::Text(part.as_str().to_owned()));
    let names: Vec<&str> = pattern.capture_names().flatten().collect();
    if !names.is_empty() {
        return Value::map(names.into_iter().map(|name| (name.to_owned(), text(found.name(name)))), 1);
    }
    if found.len() == 1 { text(found.get(0)) } else { Value::list((1..found.len()).map(|at| text(found.get(at))), 1) }
}

/// One text for each element of the lists; what is no list is the same for all.
fn formatlist(of: Arguments<'_>) -> Done {
    let spec = of.text(0)?;
    let length =
        of.all[1..].iter().filter_map(|value| if let Value::List(list) = value { Some(list.len()) } else { None });
    let (mut texts, mut size) = (Vec::new(), 0);
    for at in 0..length.min().unwrap_or(1) {
        let row: Vec<Value> = of.all[1..]
            .iter()
            .map(|value| if let Value::List(list) = value { list[at].value.clone() } else { value.clone() })
            .collect();
        texts.push(format(of, &spec, &row)?);
        size += texts.last().map_or(0, String::len);
        if size > LONGEST {
            return Err(of.refuse(TOO_LONG));
        }
    }
    Ok(texts_of(texts))
}

/// `%s`, `%d`, `%v`, `%q`, `%f`, with flags, width and precision; `%%`.
fn format(of: Arguments<'_>, spec: &str, values: &[Value]) -> Result<String, Value> {
    let (mut text, mut next) = (String::new(), values.iter());
    let mut rest = spec;
    while let Some((before, after)) = rest.split_once('%') {
        text += before;
        let end = after.find(|c: char| c.is_ascii_alphabetic() || c == '%').ok_or_else(|| of.refuse("ends in `%`"))?;
        let (options, kind) = (&after[..end], after.as_bytes()[end]);
        rest = &after[end + 1..];
        if kind == b'%' {
            text.push('%');
            continue;
        }
        let value = next.next().ok_or_else(|| of.refuse("has too few values"))?;
        text += &one(of, value, options, kind)?;
    }
    Ok(text + rest)
}

fn one(of: Arguments<'_>, value: &Value, options: &str, kind: u8) -> Result<String, Value> {
    let (width, precision) = options.split_once('.').unwrap_or((options, ""));
    let (is_left, is_zero) = (width.contains('-'), width.trim_start_matches(['+', ' ', '#']).starts_with('0'));
    let size = width.trim_start_matches(['+', ' ', '#', '-', '0']).parse::<usize>().unwrap_or(0).min(WIDEST);
    let number = || value.number().ok_or_else(|| of.refuse("wants a number"));
    let plain = match kind {
        b'd' => format!("{:.0}", number()?.trunc()),
        b'f' => format!("{:.*}", precision.parse::<usize>().unwrap_or(6).min(WIDEST), number()?),
        b'x' => format!("{:x}", number()? as i64),
        b'q' => format!("{:?}", value.text().unwrap_or_default()),
        b's' | b'v' | b't' | b'g' | b'e' => {
            value.text().or_else(|| super::encoding::json(value).map(|json| json.to_string())).unwrap_or_default()
        }
        _ => return Err(of.refuse("knows no such verb")),
    };
    let missing = size.saturating_sub(plain.chars().count());
    Ok(match (is_left, is_zero) {
        (true, _) => plain + &" ".repeat(missing),
        (false, true) => match plain.strip_prefix('-') {
            Some(digits) => format!("-{}{digits}", "0".repeat(missing)),
            None => "0".repeat(missing) + &plain,
        },
        (false, false) => " ".repeat(missing) + &plain,
    })
}
