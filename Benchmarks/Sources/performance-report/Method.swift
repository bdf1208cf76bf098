/// A program that makes a stream smaller, and its opposite.
struct Method {
    /// What a method belongs to.
    enum Family {
        /// This project.
        case cloudnet
        /// General compressors, over the stock stream.
        case general
        /// What only moves the stream.
        case limit
    }

    let name: String
    let family: Family

    /// The command that reads the file named after it and writes to standard output.
    let encode: [String]

    /// The command that does the opposite.
    let decode: [String]?
}
