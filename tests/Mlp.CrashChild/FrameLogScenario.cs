using System.Globalization;
using System.Text;
using Mlp.Runtime;
using Mlp.Runtime.Storage;

namespace Mlp.CrashChild;

/// <summary>
/// "framelog PATH WRITERS": appends numbered frames to a log from several writers at once and prints each number that was committed.
/// A log that exists is recovered and gone on with; "start N" says which number is the next. When the log fails, "fault" and the message are printed.
/// </summary>
internal sealed class FrameLogScenario : ICrashScenario
{
    public string Name => "framelog";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        var next = 0L;
        using var log = Open(arguments[0], ref next);
        var writers = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        var gate = new Lock();
        acknowledge(Invariant($"start {next}"));
        try
        {
            await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(AppendForEverAsync)));
        }
        catch (LogWriteException error)
        {
            acknowledge($"fault {error.Message}");
        }

        async Task AppendForEverAsync()
        {
            while (true)
            {
                long number;
                long position;
                lock (gate)
                {
                    number = next++;
                    position = log.Append(Frame(number));
                }

                await log.CommitAsync(position);
                acknowledge(Invariant($"ack {number}"));
            }
        }
    }

    private static FrameLogWriter Open(string path, ref long next)
    {
        if (!File.Exists(path))
        {
            return FrameLogWriter.Create(DiskSync.Instance, path, """{"kind":"crash"}"""u8);
        }

        using var reader = FrameLogReader.Open(path);
        while (reader.Read())
        {
            next++;
        }

        return FrameLogWriter.Continue(DiskSync.Instance, reader);
    }

    /// <summary>The number, and a tail whose length depends on it, so that frames end anywhere in a block.</summary>
    private static byte[] Frame(long number) => Encoding.UTF8.GetBytes(Invariant($"{number} {new string('x', (int)(number * 37 % 900))}"));

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
