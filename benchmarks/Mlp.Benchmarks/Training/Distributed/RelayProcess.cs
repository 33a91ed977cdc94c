using System.Diagnostics;
using System.Globalization;
using Mlp.TestSupport;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>
/// <c>overlap-latency-relay PORT</c>: a relay in a process of its own, which comes before others where the system allows it: a network does not wait for a processor. It prints its port, and reads lines "microseconds megabits".
/// </summary>
internal sealed class RelayProcess : IDisposable
{
    public const string Command = "overlap-latency-relay";

    private readonly Process _process;

    /// <summary>Starts one before a port.</summary>
    public RelayProcess(int port)
    {
        string[] line = [Environment.ProcessPath!, "exec", Path.Combine(AppContext.BaseDirectory, "Mlp.Benchmarks.dll"), Command, port.ToString(CultureInfo.InvariantCulture)];
        string[] first = Environment.UserName == "root" && File.Exists("/usr/bin/nice") ? ["/usr/bin/nice", "-n", "-15"] : [];
        line = [.. first, .. line];
        _process = Process.Start(new ProcessStartInfo(line[0], line[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Port = int.Parse(_process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("Expected a relay to say its port, but it has ended."), CultureInfo.InvariantCulture);
    }

    /// <summary>Its port.</summary>
    public int Port { get; }

    /// <summary>Relays until there are no more lines.</summary>
    public static void Run(int target)
    {
        using var relay = new DelayedRelay(target);
        Console.WriteLine(relay.Port.ToString(CultureInfo.InvariantCulture));
        while (Console.ReadLine() is { } line)
        {
            var words = Array.ConvertAll(line.Split(' '), w => int.Parse(w, CultureInfo.InvariantCulture));
            relay.Shape(TimeSpan.FromMicroseconds(words[0]), words[1] * 1e6 / 8);
            Console.WriteLine("ready");
        }
    }

    /// <summary>Sets delay and bandwidth of both directions.</summary>
    public void Shape(int microseconds, int megabits)
    {
        _process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{microseconds} {megabits}"));
        _process.StandardOutput.ReadLine();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
