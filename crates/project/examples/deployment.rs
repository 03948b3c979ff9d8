//! Prints what a deployment's files were read as, and how long that took. `QUIET=1` leaves the first out.

use plimsoll_project::{DeploymentOptions, KeepAll, Sources, read_deployment};

fn main() {
    let paths: Vec<_> = std::env::args_os().skip(1).map(Into::into).collect();
    let mut sources = Sources::new(&KeepAll);
    let begin = std::time::Instant::now();
    let deployment = read_deployment(&paths, &mut sources, &DeploymentOptions { image: None, run_tools: true });
    let took = begin.elapsed();
    if std::env::var_os("QUIET").is_none() {
        println!("{deployment:#?}");
    }
    let (workloads, texts, problems) = (deployment.workloads.len(), sources.texts().len(), deployment.problems.len());
    println!("{workloads} workloads, {texts} texts, {problems} problems, {took:?}");
}
