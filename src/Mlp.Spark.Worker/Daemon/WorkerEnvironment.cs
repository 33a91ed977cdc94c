using System.Diagnostics.CodeAnalysis;
using Mlp.Spark.Worker.Protocol;

namespace Mlp.Spark.Worker.Daemon;

/// <summary>What Spark says by variables. Immutable.</summary>
internal sealed record WorkerEnvironment
{
    private const string SecretVariable = "PYTHON_WORKER_FACTORY_SECRET";
    private const string PortVariable = "PYTHON_WORKER_FACTORY_PORT";
    private const string SocketVariable = "PYTHON_WORKER_FACTORY_SOCK_PATH";
    private const string SocketFolderVariable = "PYTHON_WORKER_FACTORY_SOCK_DIR";
    private const string UnixSocketsVariable = "PYTHON_UNIX_DOMAIN_ENABLED";
    private const string PreferIPv6Variable = "SPARK_PREFER_IPV6";

    /// <summary>The secret of connections by TCP; null for Unix sockets.</summary>
    public required string? Secret { get; init; }

    /// <summary>The port to connect to, without a daemon.</summary>
    public required int? Port { get; init; }

    /// <summary>The Unix socket to connect to, without a daemon.</summary>
    public required string? SocketPath { get; init; }

    /// <summary>The folder for the Unix socket of a daemon.</summary>
    public required string? SocketFolder { get; init; }

    /// <summary>Whether connections use Unix sockets.</summary>
    public required bool UsesUnixSockets { get; init; }

    /// <summary>Whether the loopback address is that of IPv6.</summary>
    public required bool PrefersIPv6 { get; init; }

    /// <summary>The layout of tasks; null where the worker finds out.</summary>
    public required ProtocolVersion? Protocol { get; init; }

    /// <summary>Reads what a mode needs.</summary>
    /// <param name="mode">The mode.</param>
    /// <param name="variable">The value of a variable; null where it is not set.</param>
    /// <param name="environment">What was read.</param>
    /// <param name="problem">What is missing, in a sentence.</param>
    public static bool TryRead(
        WorkerMode mode, Func<string, string?> variable, [NotNullWhen(true)] out WorkerEnvironment? environment, [NotNullWhen(false)] out string? problem)
    {
        environment = null;
        if (!ProtocolVersionNames.TryRead(variable(ProtocolVersionNames.Variable), out var protocol, out problem))
        {
            return false;
        }

        var read = new WorkerEnvironment
        {
            Secret = variable(SecretVariable),
            Port = int.TryParse(variable(PortVariable), out var port) && port is >= 1 and <= 65535 ? port : null,
            SocketPath = variable(SocketVariable),
            SocketFolder = variable(SocketFolderVariable),
            UsesUnixSockets = IsTrue(variable(UnixSocketsVariable)),
            PrefersIPv6 = IsTrue(variable(PreferIPv6Variable)),
            Protocol = protocol,
        };
        var missing = (mode, read) switch
        {
            (WorkerMode.Daemon, { UsesUnixSockets: true }) => string.IsNullOrEmpty(read.SocketFolder) ? SocketFolderVariable : null,
            (WorkerMode.Single, { UsesUnixSockets: true }) => string.IsNullOrEmpty(read.SocketPath) ? SocketVariable : null,
            _ when string.IsNullOrEmpty(read.Secret) => SecretVariable,
            (WorkerMode.Single, { Port: null }) => PortVariable,
            _ => null,
        };
        environment = missing is null ? read : null;
        problem = missing is null ? null : $"Expected the variable {missing}, which Spark sets when it starts a worker, but it is missing or holds no such thing.";
        return environment is not null;
    }

    /// <summary>Takes the secret from the variables, where the code of users could read it.</summary>
    public static void Forget() => Environment.SetEnvironmentVariable(SecretVariable, null);

    /// <inheritdoc/>
    public override string ToString() => nameof(WorkerEnvironment);

    private static bool IsTrue(string? value) => string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);
}
