//! By what an application could read files of its packages, or hand them out to browsers, without loading them: the folder of packages by its name,
//! or a folder in which that stands.

use super::scan::{before, identifiers, is_comment, last, literal, next};

/// Functions and options that hand out a folder (Express, serve-static, koa-static, sirv, @fastify/static).
const SERVE: [&[u8]; 6] = [b"static", b"serveStatic", b"serve_static", b"serve", b"sirv", b"root"];
/// Calls that make a path of their arguments.
const PATHS: [&[u8]; 4] = [b"join", b"resolve", b"fileURLToPath", b"URL"];

/// What one script of the application has; none of a package's own.
pub(super) fn look(bytes: &[u8]) -> Option<&'static str> {
    identifiers(bytes).find_map(|(start, end)| {
        let what = match &bytes[start..end] {
            b"node_modules" => Some("the name node_modules"),
            b"cwd" => Some("the folder that it is started in"),
            b"__dirname" => whole_folder(bytes, start, end),
            b"dirname" if last(bytes, start) == b'.' && bytes[..start].trim_ascii_end().strip_suffix(b".")?.ends_with(b"meta") => {
                whole_folder(bytes, start, end)
            }
            word if SERVE.contains(&word) => served(bytes, start, end),
            _ => None,
        };
        what.filter(|_| !is_comment(bytes, start))
    })
}

/// Whether the script's own folder is used but for a path below it that is written out.
fn whole_folder(bytes: &[u8], start: usize, end: usize) -> Option<&'static str> {
    const WHAT: &str = "its own folder as a whole";
    let at = next(bytes, end);
    let is_below = match bytes.get(at) {
        // const __dirname = …
        Some(b'=') => bytes.get(at + 1) != Some(&b'='),
        Some(b',' | b'+') => names_a_file(bytes, next(bytes, at + 1)),
        // `${__dirname}/public`
        Some(b'}') => matches!(bytes.get(at + 1..at + 3), Some([b'/', b]) if b.is_ascii_alphanumeric()),
        _ => before(bytes, start) == b"typeof",
    };
    (!is_below).then_some(WHAT)
}

/// Whether a path below is written out there that begins with a name: not `..`, `.`, `/` alone.
fn names_a_file(bytes: &[u8], at: usize) -> bool {
    let Some((mut text, mut end)) = literal(bytes, at) else { return false };
    // join(__dirname, '..', 'public')
    while text.trim_matches(['.', '/']).is_empty() && bytes.get(next(bytes, end)) == Some(&b',') {
        let Some(more) = literal(bytes, next(bytes, next(bytes, end) + 1)) else { return false };
        (text, end) = more;
    }
    text.trim_start_matches(['.', '/']).starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// Whether a folder is handed out that is not one below, written out. How a path is made of the script's own folder is looked at where that stands.
fn served(bytes: &[u8], start: usize, end: usize) -> Option<&'static str> {
    const WHAT: &str = "a folder that is handed out and not written out";
    let is_root = &bytes[start..end] == b"root";
    let open = next(bytes, end);
    if bytes.get(open) != Some(if is_root { &b':' } else { &b'(' }) {
        return None;
    }
    let at = next(bytes, open + 1);
    let word_end = bytes[at..].iter().position(|b| !super::scan::is_part(*b)).map_or(bytes.len(), |n| at + n);
    let is_path = |word: &[u8]| PATHS.contains(&word) || word == b"__dirname";
    let first = &bytes[at..word_end];
    // path.join(…)
    let second = (bytes.get(word_end) == Some(&b'.')).then(|| {
        let from = word_end + 1;
        let to = bytes[from..].iter().position(|b| !super::scan::is_part(*b)).map_or(bytes.len(), |n| from + n);
        &bytes[from..to]
    });
    let is_made = is_path(first) || second.is_some_and(is_path) || bytes[at..].starts_with(b"`${__dirname}");
    let is_method = bytes.get(at) == Some(&b')');
    (!is_made && !is_method && !names_a_file(bytes, at)).then_some(WHAT)
}

#[cfg(test)]
mod tests {
    use super::look;

    #[test]
    fn what_could_hand_out_packages_is_told() {
        for text in [
            "app.use('/jquery', express.static(path.join(__dirname, 'node_modules/jquery/dist')))",
            "app.use(express.static('node_modules'))",
            "app.use(express.static(__dirname))",
            "app.use(express.static(`${__dirname}`))",
            "app.use(express.static(`${__dirname}/`))",
            "app.use(express.static(__dirname + '/'))",
            "app.use(express.static(path.join(__dirname, '..')))",
            "app.use(express.static(path.join(__dirname, dir)))",
            "app.use(express.static('.'))",
            "app.use(express.static(dir))",
            "app.use(serveStatic('./', {}))",
            "app.use(serve(config.root))",
            "server.register(fastifyStatic, { root: '/' })",
            "server.register(fastifyStatic, { root: import.meta.dirname })",
            "fs.readFile(path.join(process.cwd(), name))",
            "module.exports = __dirname",
        ] {
            assert!(look(text.as_bytes()).is_some(), "{text}");
        }
    }

    #[test]
    fn folders_that_are_written_out_hold_no_packages() {
        for text in [
            "app.use(express.static('public'))",
            "app.use(express.static(path.join(__dirname, 'public')))",
            "app.use(express.static(path.join(__dirname, '..', 'public')))",
            "app.use(express.static(__dirname + '/public'))",
            "app.use(express.static(`${__dirname}/public`))",
            "const __dirname = path.dirname(fileURLToPath(import.meta.url))",
            "server.register(fastifyStatic, { root: join(import.meta.dirname, 'public') })",
            "// served from node_modules",
            "class A { static create() {} }",
            "app.get('/', (req, res) => res.send('x'))",
        ] {
            assert_eq!(look(text.as_bytes()), None, "{text}");
        }
    }
}
