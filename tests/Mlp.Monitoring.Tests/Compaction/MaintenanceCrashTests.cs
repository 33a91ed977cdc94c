using System.Globalization;
using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Compaction;

public sealed class MaintenanceCrashTests
{
    /// <summary>A process writes and compacts, this one reads beside it, and then the other is killed.</summary>
    [LinuxFact]
    public async Task RunAsync_ProcessKilled_KeepsEveryAcknowledgedRowOnce()
    {
        using var folder = new TempDirectory();
        var reader = new PredictionLogReader(folder.Combine("predictions"));
        var random = new Random(11);
        long first = 0;
        for (var round = 0; round < TestRounds.Count; round++)
        {
            using var child = ChildProcess.StartScenario("maintainedlog", folder.FullName, first.ToString(CultureInfo.InvariantCulture));
            var acknowledged = first;
            for (var i = random.Next(1, 40); i > 0; i--)
            {
                acknowledged = Number(await child.ReadLineAsync());
                if (i == 20)
                {
                    await RequireAsync(reader, first, acknowledged);
                }
            }

            for (var more = 20_000; more > 0 && round == TestRounds.Count - 1 && Compacted(folder).Length == 0; more--)
            {
                // It may have been killed before it came to that in every round.
                acknowledged = Number(await child.ReadLineAsync());
            }

            foreach (var line in await child.KillAsync())
            {
                acknowledged = Number(line);
            }

            first = await RequireAsync(reader, first, acknowledged);
        }

        Assert.NotEmpty(Compacted(folder));
    }

    private static string[] Compacted(TempDirectory folder) => Directory.GetFiles(folder.Combine("predictions", "crash"), "*.parquet");

    /// <summary>Everything acknowledged is there, nothing is there twice, and no row is another than it was.</summary>
    /// <returns>The number behind the greatest.</returns>
    private static async Task<long> RequireAsync(PredictionLogReader reader, long first, long acknowledged)
    {
        var numbers = new HashSet<long>();
        await foreach (var batch in reader.ReadAsync("crash"))
        {
            var column = (Int64Array)batch.Column("f_number");
            var texts = (StringArray)batch.Column("f_text");
            for (var i = 0; i < batch.Length; i++)
            {
                Assert.Equal(FormattableString.Invariant($"text {column.GetValue(i)}"), texts.GetString(i));
                Assert.True(numbers.Add(column.GetValue(i)!.Value));
            }
        }

        for (var number = first; number < acknowledged; number++)
        {
            Assert.Contains(number, numbers);
        }

        return numbers.Count == 0 ? 0 : numbers.Max() + 1;
    }

    private static long Number(string? line)
    {
        Assert.StartsWith("ack ", line, StringComparison.Ordinal);
        return long.Parse(line.AsSpan(4), CultureInfo.InvariantCulture);
    }
}
