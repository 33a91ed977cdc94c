using System.Globalization;
using System.Net;

namespace Mlp.Spark.Worker.Daemon;

/// <summary>
/// The other end of a TCP connection within this machine, as the system lists it. A closed end that still has bytes for us waits until we have read enough, and only then says that it is closed; the list says it at once.
/// </summary>
internal static class LocalConnection
{
    private const int LocalField = 1;
    private const int RemoteField = 2;
    private const int InodeField = 9;
    private const string Mapped = "0000000000000000FFFF0000";

    private static readonly string[] Lists = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>Whether no process has the other end of a connection any more. False too where the system does not say.</summary>
    /// <param name="local">This end.</param>
    /// <param name="remote">The other end.</param>
    public static bool IsAbandoned(IPEndPoint local, IPEndPoint remote)
    {
        var (here, there) = (Format(local), Format(remote));
        foreach (var list in Lists.Where(File.Exists))
        {
            foreach (var line in File.ReadLines(list).Skip(1))
            {
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length > InodeField && IsEnd(fields[LocalField], there) && IsEnd(fields[RemoteField], here))
                {
                    return fields[InodeField] == "0";
                }
            }
        }

        return false;
    }

    /// <summary>Java talks IPv4 by sockets of IPv6.</summary>
    private static bool IsEnd(string field, string end) => field == end || (field.Length == Mapped.Length + end.Length && field.StartsWith(Mapped, StringComparison.Ordinal) && field.EndsWith(end, StringComparison.Ordinal));

    /// <summary>As the list writes it: the address in words of 32 bits, each as the processor reads it.</summary>
    private static string Format(IPEndPoint end)
    {
        var address = (end.Address.IsIPv4MappedToIPv6 ? end.Address.MapToIPv4() : end.Address).GetAddressBytes();
        var words = Enumerable.Range(0, address.Length / sizeof(uint)).Select(i => BitConverter.ToUInt32(address, i * sizeof(uint)).ToString("X8", CultureInfo.InvariantCulture));
        return string.Create(CultureInfo.InvariantCulture, $"{string.Concat(words)}:{end.Port:X4}");
    }
}
