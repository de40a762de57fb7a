//! Writes the worlds of a corpus for other verifiers: `chains FOLDER OUT` makes OUT/NAME with `leaf.pem`, `pool.pem`,
//! `anchors.pem`, `lists.pem` where lists are asked for, `verdicts`: what we say, and what OpenSSL may and must say by
//! the rules of `dialect`; and `why`, where we refuse.

use std::error::Error;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fuzz::ask::ask;
use fuzz::build::{self, World};
use fuzz::dialect::{openssl_accepts_at_least, openssl_accepts_at_most};
use fuzz::judge::find;
use fuzz::plan::{Mode, NOW, Plan};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [inputs, out] = arguments.as_slice() else {
        return Err("usage: chains FOLDER OUT".into());
    };
    for entry in fs::read_dir(inputs)? {
        let file = entry?.path();
        let plan = Plan::read(&fs::read(&file)?).plain();
        let folder = Path::new(out).join(file.file_name().ok_or("a file has a name")?);
        write(&plan, &folder)?;
    }
    Ok(())
}

fn write(plan: &Plan, folder: &Path) -> Result<(), Box<dyn Error>> {
    let world = World::new(plan);
    let (anchors, pool) = world.apart(plan);
    let Some(leaf) = world.certificates.first() else {
        return Ok(());
    };
    fs::create_dir_all(folder)?;
    let all = |certificates: &[x509::Certificate]| -> String {
        certificates
            .iter()
            .map(|one| pem("CERTIFICATE", one.der()))
            .collect()
    };
    fs::write(folder.join("leaf.pem"), pem("CERTIFICATE", leaf.der()))?;
    fs::write(folder.join("anchors.pem"), all(&anchors))?;
    fs::write(folder.join("pool.pem"), all(&pool))?;
    if plan.mode != Mode::Off {
        let lists = plan.lists.iter().map(|list| pem("X509 CRL", &build::list(list)));
        fs::write(folder.join("lists.pem"), lists.collect::<String>())?;
    }
    let (ours, why) = match ask(plan, &world).map(|(report, _)| report.outcome) {
        Some(Ok(_)) => (true, String::new()),
        Some(Err(error)) => (false, error.to_string()),
        None => (false, "no certificate is fit to be an anchor".to_owned()),
    };
    fs::write(folder.join("why"), why)?;
    let (may, must) = (openssl_accepts_at_most(), openssl_accepts_at_least());
    let verdicts = format!(
        "now={NOW}\nours={}\nmay={}\nmust={}\n",
        word(ours),
        word(find(plan, &may).is_some()),
        word(find(plan, &must).is_some())
    );
    fs::write(folder.join("verdicts"), verdicts)?;
    Ok(())
}

fn word(accepted: bool) -> &'static str {
    if accepted { "yes" } else { "no" }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}
