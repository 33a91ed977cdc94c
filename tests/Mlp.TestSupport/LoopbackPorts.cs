using System.Globalization;
using System.Text;
using Mlp.Training.Distributed.Launch;

namespace Mlp.TestSupport;

/// <summary>
/// Ports for servers that tests start, some of which take seconds to listen. All test processes of a user take theirs from one row, which a file in the temporary folder keeps. It lies below the ports that systems hand out by
/// themselves, and above those that the product chooses.
/// </summary>
public static class LoopbackPorts
{
    private const int First = 30_000;
    private const int Count = 2_768;
    private const int MostAttempts = 10_000;

    private static readonly string Row = Path.Combine(Path.GetTempPath(), $"mlp-test-ports-{Environment.UserName}");

    /// <summary>A port that nobody uses, and that no other test gets before its server listens.</summary>
    public static int Take()
    {
        using var row = Open();
        using var reader = new StreamReader(row, leaveOpen: true);
        var last = int.TryParse(reader.ReadToEnd(), CultureInfo.InvariantCulture, out var written) ? written : 0;
        var port = Enumerable.Range(1, Count).Select(i => First + ((last + i) % Count)).First(FreePorts.IsFree);
        row.SetLength(0);
        row.Write(Encoding.ASCII.GetBytes((port - First).ToString(CultureInfo.InvariantCulture)));
        return port;
    }

    private static FileStream Open()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return new FileStream(Row, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (attempt < MostAttempts)
            {
                // Another test is taking one.
                Thread.Sleep(5);
            }
        }
    }
}
