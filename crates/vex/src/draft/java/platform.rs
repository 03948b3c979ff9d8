//! The parts of the Java platform (Java SE 24) by which no code from beside the class path can be loaded. What is not listed counts as one by which it can.

/// Packages, and all below them.
const PACKAGES: [&str; 16] = [
    "com/sun/net/httpserver/",
    "java/io/",
    "java/lang/annotation/",
    "java/lang/constant/",
    "java/lang/ref/",
    "java/lang/runtime/",
    "java/math/",
    "java/net/",
    "java/nio/",
    "java/security/",
    "java/text/",
    "java/time/",
    "java/util/",
    "javax/crypto/",
    "javax/net/",
    "javax/security/auth/x500/",
];
/// What in these can load code, or hand out what can.
const EXCEPT: [&str; 11] = [
    "java/io/ObjectInput",
    "java/net/ContentHandlerFactory",
    "java/net/URLClassLoader",
    "java/net/URLStreamHandler",
    "java/net/spi/",
    "java/nio/file/spi/",
    "java/security/Provider",
    "java/security/SecureClassLoader",
    "java/util/ServiceLoader",
    "java/util/prefs/",
    "java/util/spi/",
];
/// Classes of `java/lang/` itself that can.
const OF_LANG: [&str; 12] = [
    "java/lang/ClassLoader",
    "java/lang/ClassValue",
    "java/lang/Compiler",
    "java/lang/Module",
    "java/lang/ModuleLayer",
    "java/lang/Process",
    "java/lang/ProcessBuilder",
    "java/lang/ProcessHandle",
    "java/lang/ScopedValue",
    "java/lang/SecurityManager",
    "java/lang/StackWalker",
    "java/lang/foreign",
];
/// Classes of `java/lang/invoke/` that compilers name for lambdas and joined strings.
const OF_INVOKE: [&str; 8] = [
    "java/lang/invoke/CallSite",
    "java/lang/invoke/LambdaMetafactory",
    "java/lang/invoke/MethodHandles",
    "java/lang/invoke/MethodHandles$Lookup",
    "java/lang/invoke/MethodType",
    "java/lang/invoke/SerializedLambda",
    "java/lang/invoke/StringConcatFactory",
    "java/lang/invoke/TypeDescriptor",
];
/// What may be called of classes that can do more.
const CALLS: [(&str, &[&str]); 5] = [
    (
        "java/lang/Class",
        &[
            "cast",
            "desiredAssertionStatus",
            "equals",
            "getCanonicalName",
            "getComponentType",
            "getEnumConstants",
            "getName",
            "getPackageName",
            "getSimpleName",
            "getSuperclass",
            "getTypeName",
            "hashCode",
            "isArray",
            "isAssignableFrom",
            "isEnum",
            "isInstance",
            "isInterface",
            "isPrimitive",
            "toString",
        ],
    ),
    (
        "java/lang/Runtime",
        &[
            "addShutdownHook",
            "availableProcessors",
            "exit",
            "freeMemory",
            "gc",
            "getRuntime",
            "halt",
            "maxMemory",
            "totalMemory",
            "version",
        ],
    ),
    (
        "java/lang/System",
        &[
            "arraycopy",
            "currentTimeMillis",
            "err",
            "exit",
            "gc",
            "getProperty",
            "getenv",
            "identityHashCode",
            "in",
            "lineSeparator",
            "nanoTime",
            "out",
            "setErr",
            "setIn",
            "setOut",
        ],
    ),
    ("java/lang/invoke/MethodHandles", &[]),
    ("java/lang/invoke/MethodHandles$Lookup", &[]),
];

/// Whether a class of the platform neither loads code from elsewhere nor hands out what does. Of those in [`CALLS`], what is called tells.
pub(super) fn is_harmless(class: &str) -> bool {
    if let Some(rest) = class.strip_prefix("java/lang/") {
        let is_own = !rest.contains('/') && !OF_LANG.iter().any(|c| class == *c || class.starts_with(&format!("{c}$")));
        return is_own || OF_INVOKE.contains(&class) || is_in_packages(class);
    }
    is_in_packages(class)
}

fn is_in_packages(class: &str) -> bool {
    PACKAGES.iter().any(|package| class.starts_with(package)) && !EXCEPT.iter().any(|e| class.starts_with(e))
}

/// Whether what is called, as `java/lang/Class.getName`, does neither.
pub(super) fn is_harmless_call(call: &str) -> bool {
    let Some((class, member)) = call.rsplit_once('.') else { return false };
    CALLS.iter().find(|(of, _)| *of == class).is_none_or(|(_, members)| members.contains(&member))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_counts() {
        for (class, wanted) in [
            ("java/lang/String", true),
            ("java/lang/Thread", true),
            ("java/util/concurrent/locks/Lock", true),
            ("java/util/zip/ZipFile", true),
            ("java/lang/invoke/MethodHandles$Lookup", true),
            ("java/lang/invoke/MethodHandle", false),
            ("java/lang/invoke/VarHandle", false),
            ("java/lang/ClassLoader", false),
            ("java/lang/ProcessBuilder", false),
            ("java/lang/ProcessBuilder$Redirect", false),
            ("java/lang/reflect/Method", false),
            ("java/lang/management/ManagementFactory", false),
            ("java/net/URLClassLoader", false),
            ("java/io/ObjectInputStream", false),
            ("java/util/ServiceLoader", false),
            ("javax/script/ScriptEngineManager", false),
            ("javax/naming/InitialContext", false),
            ("javax/xml/transform/TransformerFactory", false),
            ("sun/misc/Unsafe", false),
            ("org/example/Elsewhere", false),
            ("?", false),
        ] {
            assert_eq!(is_harmless(class), wanted, "{class}");
        }
        for (call, wanted) in [
            ("java/lang/Class.getName", true),
            ("java/lang/Class.forName", false),
            ("java/lang/Class.getResourceAsStream", false),
            ("java/lang/Runtime.exec", false),
            ("java/lang/System.load", false),
            ("java/lang/System.loadLibrary", false),
            ("java/lang/System.out", true),
            ("java/lang/invoke/MethodHandles$Lookup.defineClass", false),
            ("java/lang/String.length", true),
        ] {
            assert_eq!(is_harmless_call(call), wanted, "{call}");
        }
    }
}
