using System.Globalization;

namespace Mlp.Spark.Connect;

/// <summary>
/// Where a Spark Connect server is and as whom to talk to it: <c>sc://host:port/;name=value;name=value</c>, as Spark defines it. Immutable.
/// </summary>
public sealed record SparkConnectionString
{
    /// <summary>The port of servers that name none.</summary>
    public const int DefaultPort = 15002;

    private const string Scheme = "sc://";
    private const string Shape = "sc://host:port/;name=value;name=value";

    private SparkConnectionString()
    {
    }

    /// <summary>Host name or address.</summary>
    public required string Host { get; init; }

    /// <summary>Port, 1 to 65535.</summary>
    public required int Port { get; init; }

    /// <summary>Whether the connection is encrypted (<c>use_ssl</c>; implied by a token).</summary>
    public required bool UsesTls { get; init; }

    /// <summary>The bearer token; null for none (<c>token</c>).</summary>
    public string? Token { get; init; }

    /// <summary>The user in whose name queries run; null for the one of this process (<c>user_id</c>).</summary>
    public string? UserId { get; init; }

    /// <summary>How the client calls itself; null for its own name (<c>user_agent</c>).</summary>
    public string? UserAgent { get; init; }

    /// <summary>Id of the session; null for a new one (<c>session_id</c>).</summary>
    public Guid? SessionId { get; init; }

    /// <summary>Size of the largest message that is received, in bytes; null for 128 MiB (<c>grpc_max_message_size</c>).</summary>
    public int? MaxMessageBytes { get; init; }

    /// <summary>All other parameters: sent along with every call.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>Reads a connection string.</summary>
    /// <param name="text">The text, for example <c>sc://spark.example.org:15002/;use_ssl=true;token=…</c>. Values are URL-encoded.</param>
    /// <exception cref="FormatException">It is no connection string; the message says why, without the token.</exception>
    public static SparkConnectionString Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            throw new FormatException($"Expected a Spark connection '{Shape}', but found a text that does not begin with '{Scheme}'.");
        }

        var slash = text.IndexOf('/', Scheme.Length);
        var authority = slash < 0 ? text[Scheme.Length..] : text[Scheme.Length..slash];
        if (authority.AsSpan().ContainsAny(';', '@'))
        {
            // What stands there may be a secret.
            throw new FormatException($"Expected a host, a port and then '/;' before the parameters of the Spark connection '{Shape}', but found '{(authority.Contains(';', StringComparison.Ordinal) ? ';' : '@')}' before any '/'.");
        }

        var (host, port) = ParseAuthority(authority);
        var parameters = ParseParameters(slash < 0 ? string.Empty : text[(slash + 1)..]);
        var token = Take(parameters, "token");
        var tls = ParseTls(Take(parameters, "use_ssl"), token, host);
        return new()
        {
            Host = host,
            Port = port,
            UsesTls = tls,
            Token = token,
            UserId = Take(parameters, "user_id"),
            UserAgent = Take(parameters, "user_agent"),
            SessionId = ParseSession(Take(parameters, "session_id")),
            MaxMessageBytes = ParseSize(Take(parameters, "grpc_max_message_size")),
            Headers = parameters,
        };
    }

    /// <summary>Host and port; never the token.</summary>
    /// <returns>For example <c>sc://localhost:15002</c>.</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Scheme}{Host}:{Port}");

    private static (string Host, int Port) ParseAuthority(string authority)
    {
        // An IPv6 address stands in brackets and has colons of its own.
        var colon = authority.LastIndexOf(':');
        var hasPort = colon > authority.LastIndexOf(']');
        var host = hasPort ? authority[..colon] : authority;
        if (host.Length == 0 || Uri.CheckHostName(host.Trim('[', ']')) == UriHostNameType.Unknown)
        {
            throw new FormatException($"Expected a host in the Spark connection '{Shape}', but found '{host}'.");
        }

        if (!hasPort)
        {
            return (host, DefaultPort);
        }

        return int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535
            ? (host, port)
            : throw new FormatException($"Expected a port of 1 to 65535 in the Spark connection '{Shape}', but found '{authority[(colon + 1)..]}'.");
    }

    private static Dictionary<string, string> ParseParameters(string text)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        if (text.Length == 0)
        {
            return parameters;
        }

        if (text[0] != ';')
        {
            throw new FormatException($"Expected parameters behind '/;' in the Spark connection '{Shape}', but found a path, which Spark does not have.");
        }

        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == part.Length - 1)
            {
                throw new FormatException($"Expected 'name=value' for each parameter of the Spark connection '{Shape}', but found one without {(equals < 0 ? "'='" : equals == 0 ? "a name" : $"a value ('{part[..equals]}')")}.");
            }

            var name = part[..equals];
            if (!parameters.TryAdd(name, Uri.UnescapeDataString(part[(equals + 1)..])))
            {
                throw new FormatException($"Expected each parameter of a Spark connection once, but found '{name}' twice.");
            }
        }

        return parameters;
    }

    private static string? Take(Dictionary<string, string> parameters, string name) => parameters.Remove(name, out var value) ? value : null;

    /// <summary>A token is a password: it travels in the clear to this machine only.</summary>
    private static bool ParseTls(string? text, string? token, string host)
    {
        if (text is null)
        {
            return token is not null;
        }

        if (!bool.TryParse(text, out var tls))
        {
            throw new FormatException($"Expected 'true' or 'false' for 'use_ssl' of a Spark connection, but found '{text}'.");
        }

        var isLoopback = host == "localhost" || (System.Net.IPAddress.TryParse(host.Trim('[', ']'), out var address) && System.Net.IPAddress.IsLoopback(address));
        return tls || token is null || isLoopback
            ? tls
            : throw new FormatException($"Expected 'use_ssl=true' beside 'token' of a Spark connection, but found 'use_ssl=false': the token would travel unencrypted to '{host}'.");
    }

    private static Guid? ParseSession(string? text)
    {
        if (text is null)
        {
            return null;
        }

        return Guid.TryParseExact(text, "D", out var id) ? id : throw new FormatException($"Expected a UUID for 'session_id' of a Spark connection, but found '{text}'.");
    }

    private static int? ParseSize(string? text)
    {
        if (text is null)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size > 0
            ? size
            : throw new FormatException($"Expected a number of bytes of 1 to 2147483647 for 'grpc_max_message_size' of a Spark connection, but found '{text}'.");
    }
}
