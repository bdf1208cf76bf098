internal import Glibc

/// The environment of this process, which libxl passes on from `xl` or libvirt.
public enum ProcessEnvironment {
    /// The value of a variable.
    public static func value(of name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
