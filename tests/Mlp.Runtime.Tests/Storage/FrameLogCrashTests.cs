using System.Globalization;
using System.Text;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Storage;

/// <summary>Nothing acknowledged is lost: by SIGKILL, by a power cut, by a disk that fills up.</summary>
public sealed class FrameLogCrashTests : IDisposable
{
    private const int Writers = 4;

    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task CommitAsync_ProcessKilledAnywhere_EveryAcknowledgedFrameIsThere()
    {
        var log = _folder.Combine("killed.mlplog");
        var random = new Random(20_240_601);
        var acknowledged = new HashSet<long>();
        for (var round = 0; round < TestRounds.Count; round++)
        {
            using var child = ChildProcess.StartScenario("framelog", log, Writers.ToString(CultureInfo.InvariantCulture));
            var start = await child.ReadLineAsync();
            Assert.True(start?.StartsWith("start ", StringComparison.Ordinal), start ?? await child.ReadErrorsAsync());
            var lines = new List<string>();
            for (var wanted = random.Next(0, 300); lines.Count < wanted;)
            {
                lines.Add(await child.ReadLineAsync() ?? throw new InvalidOperationException(await child.ReadErrorsAsync()));
            }

            lines.AddRange(await child.KillAsync());
            acknowledged.UnionWith(lines.Select(AcknowledgedNumber));

            using var reader = FrameLogReader.Open(log);
            var numbers = Numbers(reader);
            Assert.Equal(Enumerable.Range(0, numbers.Length).Select(i => (long)i), numbers);
            Assert.Empty(acknowledged.Except(numbers));
        }

        Assert.NotEmpty(acknowledged);
    }

    [LinuxFact]
    public async Task CommitAsync_PowerCutAnywhere_EveryAcknowledgedFrameIsThere()
    {
        var random = new Random(20_240_602);
        var root = Directory.CreateDirectory(_folder.Combine("0")).FullName;
        var acknowledgedBefore = new HashSet<long>();
        for (var round = 1; round <= TestRounds.Count; round++)
        {
            using var disk = new UnsyncedLossDisk(root);
            var log = Path.Combine(root, "predictions", "cut.mlplog");
            using var writer = Open(disk, log, out var next);
            var acknowledged = new HashSet<long>();
            var numbering = new Lock();
            using var enough = new SemaphoreSlim(0);
            using var stop = new CancellationTokenSource();
            var appenders = Enumerable.Range(0, Writers).Select(_ => Task.Run(AppendUntilStoppedAsync)).ToArray();
            for (var wanted = random.Next(1, 60); wanted > 0; wanted--)
            {
                await enough.WaitAsync();
            }

            HashSet<long> atTheCut;
            lock (acknowledged)
            {
                atTheCut = [.. acknowledged];
            }

            var found = disk.Crash(_folder.Combine(FormattableString.Invariant($"{round}")));
            await stop.CancelAsync();
            await Task.WhenAll(appenders);

            using var reader = FrameLogReader.Open(Path.Combine(found, "predictions", "cut.mlplog"));
            var numbers = Numbers(reader);
            Assert.Equal(Enumerable.Range(0, numbers.Length).Select(i => (long)i), numbers);
            Assert.Empty(atTheCut.Union(acknowledgedBefore).Except(numbers));
            acknowledgedBefore.UnionWith(numbers);
            root = found;

            async Task AppendUntilStoppedAsync()
            {
                while (!stop.IsCancellationRequested)
                {
                    long number;
                    long position;
                    lock (numbering)
                    {
                        number = next++;
                        position = writer.Append(Frame(number));
                    }

                    await writer.CommitAsync(position);
                    lock (acknowledged)
                    {
                        acknowledged.Add(number);
                    }

                    enough.Release();
                }
            }
        }
    }

    [LinuxFact]
    public async Task CommitAsync_WithoutTheDirectorySync_WouldLoseTheLog()
    {
        var root = Directory.CreateDirectory(_folder.Combine("root")).FullName;
        using var loss = new UnsyncedLossDisk(root);
        using var writer = FrameLogWriter.Create(new ForgetsDirectories(loss), Path.Combine(root, "a.mlplog"), "{}"u8);
        await writer.CommitAsync(writer.Append("acknowledged"u8));

        Assert.Empty(Directory.EnumerateFiles(loss.Crash(_folder.Combine("crash"))));
    }

    [LinuxFact]
    public async Task CommitAsync_DiskFillsUp_FaultsWithASentenceAndKeepsWhatWasAcknowledged()
    {
        var log = _folder.Combine("full.mlplog");
        using var child = ChildProcess.StartScenarioWithFileLimit(64, "framelog", log, Writers.ToString(CultureInfo.InvariantCulture));

        var lines = await child.ReadToEndAsync();

        Assert.True(child.ExitCode == 0, await child.ReadErrorsAsync());
        var fault = Assert.Single(lines, line => line.StartsWith("fault ", StringComparison.Ordinal));
        Assert.Contains(log, fault, StringComparison.Ordinal);
        var acknowledged = lines.Where(line => line.StartsWith("ack ", StringComparison.Ordinal)).Select(AcknowledgedNumber).ToArray();
        Assert.NotEmpty(acknowledged);
        using var reader = FrameLogReader.Open(log);
        var numbers = Numbers(reader);
        Assert.Empty(acknowledged.Except(numbers));
        Assert.Equal(0, reader.TornBytes);
    }

    private static FrameLogWriter Open(UnsyncedLossDisk disk, string log, out long next)
    {
        next = 0;
        if (!File.Exists(log))
        {
            DurableFile.CreateDirectories(disk, Path.GetDirectoryName(log)!);
            return FrameLogWriter.Create(disk, log, "{}"u8);
        }

        using var reader = FrameLogReader.Open(log);
        next = Numbers(reader).Length;
        return FrameLogWriter.Continue(disk, reader);
    }

    private static byte[] Frame(long number) =>
        Encoding.UTF8.GetBytes(FormattableString.Invariant($"{number} {new string('x', (int)(number * 37 % 900))}"));

    private static long AcknowledgedNumber(string line)
    {
        Assert.StartsWith("ack ", line, StringComparison.Ordinal);
        return long.Parse(line.AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    /// <summary>The numbers of all frames; a frame must be exactly what its number says.</summary>
    private static long[] Numbers(FrameLogReader reader)
    {
        var numbers = new List<long>();
        while (reader.Read())
        {
            var text = Encoding.UTF8.GetString(reader.Payload.Span);
            var number = long.Parse(text.AsSpan(0, text.IndexOf(' ', StringComparison.Ordinal)), NumberStyles.None, CultureInfo.InvariantCulture);
            Assert.Equal(Frame(number), reader.Payload.ToArray());
            numbers.Add(number);
        }

        return [.. numbers];
    }

    private sealed class ForgetsDirectories(UnsyncedLossDisk disk) : IDiskSync
    {
        public void SyncFile(Microsoft.Win32.SafeHandles.SafeFileHandle handle, string path) => disk.SyncFile(handle, path);

        public void SyncFile(string path) => disk.SyncFile(path);

        public void SyncDirectory(string path)
        {
        }
    }
}
