/// What memory a page cache is made of.
public enum CacheMemory: Sendable {
    /// The processor's smallest pages: for a helper, which runs once.
    ///
    /// Free huge pages are often those that nobody has used for long. A virtual machine may have given
    /// them back to its host, and gets them anew piece by piece: 160 MiB took 0.6 s of processor time
    /// that way, and 0.1 s in small pages.
    case smallPages

    /// Huge pages where the kernel has them: for a program that runs again and again, whose memory
    /// is at hand.
    case hugePages

    /// None: the pages stay where the encoder was given them, and are valid and the same as long as
    /// it lives.
    case source
}
