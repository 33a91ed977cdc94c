using System.Globalization;
using System.Text;
using Mlp.Runtime.Hosting;

namespace Mlp.PlatformChild;

/// <summary>
/// "DATADIRECTORY FIRST": opens the platform and works on it until it is killed. Prints "open" when the platform is, and then what it acknowledged.
/// A line is written by one system call before the next thing is done, so what was read from the pipe was acknowledged.
/// </summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        if (arguments is not [var directory, var first])
        {
            await Console.Error.WriteLineAsync($"Expected DATADIRECTORY FIRST, but found '{string.Join(' ', arguments)}'.");
            return 2;
        }

        using var output = Console.OpenStandardOutput();
        await using var ml = AccountPlatform.Define(directory).Build();
        await ml.StartAsync();
        Print(output, "open");
        await new AccountWorkload(ml, long.Parse(first, CultureInfo.InvariantCulture), line => Print(output, line)).RunAsync(CancellationToken.None);
        return 0;
    }

    private static void Print(Stream output, string line)
    {
        var bytes = Encoding.UTF8.GetBytes(line + '\n');
        lock (output)
        {
            output.Write(bytes);
        }
    }
}
