internal import NIOCore
internal import NIOSSL

/// The files with which members and the coordinator know each other.
package struct ServerTLS: Equatable, Sendable {
    /// The file of the certificate, in PEM, that has signed all others.
    package var authorityPath: String
    /// The file of the coordinator's certificate and those between it and the authority's, in PEM.
    package var certificatePath: String
    /// The file of its private key, in PEM.
    package var keyPath: String

    package init(authorityPath: String, certificatePath: String, keyPath: String) {
        self.authorityPath = authorityPath
        self.certificatePath = certificatePath
        self.keyPath = keyPath
    }

    /// What NIO makes of the files; whoever shows no certificate of the authority is refused.
    ///
    /// - Throws: `CoordinatorError`.
    func context() throws(CoordinatorError) -> NIOSSLContext {
        let authorities = try reading(authorityPath) {
            try NIOSSLCertificate.fromPEMFile(authorityPath)
        }
        let certificates = try reading(certificatePath) {
            try NIOSSLCertificate.fromPEMFile(certificatePath)
        }
        let key = try reading(keyPath) { try NIOSSLPrivateKey(file: keyPath, format: .pem) }
        var configuration = TLSConfiguration.makeServerConfigurationWithMTLS(
            certificateChain: certificates.map { .certificate($0) },
            privateKey: .privateKey(key),
            trustRoots: .certificates(authorities)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.shutdownTimeout = .seconds(1)
        return try reading(keyPath) { try NIOSSLContext(configuration: configuration) }
    }

    private func reading<Value>(
        _ path: String,
        _ body: () throws -> Value
    ) throws(CoordinatorError) -> Value {
        do {
            return try body()
        } catch {
            throw .certificates(path: path, reason: "\(error)")
        }
    }
}
