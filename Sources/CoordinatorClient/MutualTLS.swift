internal import Coordination
internal import NIOSSL

/// Both sides of a connection show certificates of one authority of their own.
public struct MutualTLS: Equatable, Sendable {
    /// The file of the authority's certificate, in PEM.
    public var authorityPath: String
    /// The file of our certificate and those between it and the authority's, in PEM.
    public var certificatePath: String
    /// The file of our private key, in PEM.
    public var keyPath: String

    /// Names the files.
    public init(authorityPath: String, certificatePath: String, keyPath: String) {
        self.authorityPath = authorityPath
        self.certificatePath = certificatePath
        self.keyPath = keyPath
    }

    /// What NIO makes of the files.
    ///
    /// - Throws: `MutualTLSError`, if one of them is missing or of no use.
    func clientContext() throws -> NIOSSLContext {
        let certificates = try reading(certificatePath) {
            try NIOSSLCertificate.fromPEMFile(certificatePath)
        }
        let key = try reading(keyPath) { try NIOSSLPrivateKey(file: keyPath, format: .pem) }
        let authorities = try reading(authorityPath) {
            try NIOSSLCertificate.fromPEMFile(authorityPath)
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        configuration.certificateChain = certificates.map { .certificate($0) }
        configuration.privateKey = .privateKey(key)
        configuration.trustRoots = .certificates(authorities)
        configuration.certificateVerification = .fullVerification
        return try reading(certificatePath) { try NIOSSLContext(configuration: configuration) }
    }

    private func reading<Value>(
        _ path: String,
        _ body: () throws -> Value
    ) throws(MutualTLSError) -> Value {
        do {
            return try body()
        } catch {
            throw MutualTLSError(path: path, reason: "\(error)")
        }
    }
}

/// A file of a certificate or key that is of no use.
public struct MutualTLSError: Error, CustomStringConvertible {
    /// The file.
    public let path: String
    /// What is wrong with it.
    public let reason: String

    /// One line for an operator.
    public var description: String {
        "\(path) cannot be used for the connection to the coordinator: \(reason)"
    }
}

extension CoordinatorAddress {
    /// What certificates of this host must say; none for a number, which the peer's own address
    /// stands for.
    var certificateName: String? {
        guard case .tcp(let host, _) = self, !host.contains(":"),
            !host.allSatisfy({ $0.isNumber || $0 == "." })
        else { return nil }
        return host
    }
}
