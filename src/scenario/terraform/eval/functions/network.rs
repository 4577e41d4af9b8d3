//! Networks: `cidrsubnet`, `cidrsubnets`, `cidrhost`, `cidrnetmask`.

use super::{Arguments, Done, texts_of};
use crate::scenario::terraform::body::Value;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses.
#[derive(Clone, Copy)]
struct Range {
    first: u128,
    prefix: u32,
    /// 32 or 128.
    bits: u32,
}

pub(super) fn call(of: Arguments<'_>) -> Option<Done> {
    Some(match of.name {
        "cidrsubnet" => subnet(of),
        "cidrsubnets" => subnets(of),
        "cidrhost" => host(of),
        "cidrnetmask" => range(of).map(|range| Value::Text(address(mask(range.prefix, range.bits), range.bits))),
        _ => return None,
    })
}

fn range(of: Arguments<'_>) -> Result<Range, Value> {
    let text = of.text(0)?;
    let parts =
        text.split_once('/').and_then(|(ip, prefix)| Some((ip.parse::<IpAddr>().ok()?, prefix.parse::<u32>().ok()?)));
    let (ip, prefix) = parts.ok_or_else(|| of.refuse("wants a range such as 10.0.0.0/16"))?;
    let (first, bits) = match ip {
        IpAddr::V4(ip) => (u128::from(u32::from(ip)), 32),
        IpAddr::V6(ip) => (u128::from(ip), 128),
    };
    if prefix > bits {
        return Err(of.refuse("wants a range such as 10.0.0.0/16"));
    }
    Ok(Range { first: first & mask(prefix, bits), prefix, bits })
}

fn mask(prefix: u32, bits: u32) -> u128 {
    let all = if bits == 128 { u128::MAX } else { (1 << bits) - 1 };
    all & !(all.checked_shr(prefix).unwrap_or(0))
}

fn address(value: u128, bits: u32) -> String {
    match bits {
        32 => Ipv4Addr::from(value as u32).to_string(),
        _ => Ipv6Addr::from(value).to_string(),
    }
}

fn subnet(of: Arguments<'_>) -> Done {
    let (range, more, number) = (range(of)?, of.count(1)?, of.count(2)?);
    let prefix = u32::try_from(more).ok().and_then(|more| range.prefix.checked_add(more));
    let Some(prefix) = prefix.filter(|prefix| *prefix <= range.bits) else {
        return Err(of.refuse("has no room for that"));
    };
    let shift = range.bits - prefix;
    let offset = (number as u128).checked_shl(shift).filter(|_| more >= 64 || (number as u128) < (1 << more));
    let Some(offset) = offset else { return Err(of.refuse("has no room for that")) };
    Ok(Value::Text(format!("{}/{prefix}", address(range.first | offset, range.bits))))
}

/// One range behind the other, each on a border of its own size.
fn subnets(of: Arguments<'_>) -> Done {
    let range = range(of)?;
    let (mut next, mut found) = (range.first, Vec::new());
    for at in 1..of.all.len() {
        let prefix = u32::try_from(of.count(at)?).ok().and_then(|more| range.prefix.checked_add(more));
        let Some(prefix) = prefix.filter(|prefix| *prefix <= range.bits && *prefix > 0) else {
            return Err(of.refuse("has no room for that"));
        };
        let size = 1_u128 << (range.bits - prefix).min(127);
        let first = next.div_ceil(size).checked_mul(size);
        let Some(first) = first.filter(|first| first & mask(range.prefix, range.bits) == range.first) else {
            return Err(of.refuse("has no room for that"));
        };
        found.push(format!("{}/{prefix}", address(first, range.bits)));
        next = first.saturating_add(size);
    }
    Ok(texts_of(found))
}

fn host(of: Arguments<'_>) -> Done {
    let (range, number) = (range(of)?, of.integer(1)?);
    let room = !mask(range.prefix, range.bits) & mask(range.bits, range.bits);
    let number = u128::from(number.unsigned_abs());
    if number > room {
        return Err(of.refuse("has no room for that"));
    }
    let is_below = of.integer(1)? < 0;
    let offset = if is_below { (room - number).saturating_add(1) } else { number };
    Ok(Value::Text(address(range.first | (offset & room), range.bits)))
}
