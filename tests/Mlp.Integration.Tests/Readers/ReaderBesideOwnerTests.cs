using System.Globalization;
using Apache.Arrow;
using Mlp.Features;
using Mlp.Features.Joins;
using Mlp.PlatformChild;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Integration.Tests.Readers;

/// <summary>A reader of the directory sees whole commits and whole versions while the owner, another process, writes, is killed, and is gone.</summary>
public sealed class ReaderBesideOwnerTests
{
    private const int Joins = 12;
    private const int LinesPerJoin = 100;

    [LinuxFact]
    public async Task Reader_OwnerIngestsAndIsKilled_JoinsWithoutAnError()
    {
        using var data = new TempDirectory();
        await IngestFirstBatchAsync(data.FullName);
        await using var reader = AccountPlatform.Define(data.FullName).AsReader().Build();
        await reader.StartAsync();
        var counts = new List<int> { await CountPresentAsync(reader) };
        using var owner = ChildProcess.StartAssembly(Path.Combine(AppContext.BaseDirectory, "Mlp.PlatformChild.dll"), data.FullName, "0");
        Assert.Equal("open", await owner.ReadLineAsync());
        for (var batches = 0; batches < 2;)
        {
            // It begins by the batch that is there already.
            batches += (await owner.ReadLineAsync())!.StartsWith("batch ", StringComparison.Ordinal) ? 1 : 0;
        }

        for (var join = 0; join < Joins; join++)
        {
            if (join == Joins - 2)
            {
                await owner.KillAsync();
            }
            else if (join < Joins - 2)
            {
                // What it says is read, or it would stand still when the pipe is full.
                for (var line = 0; line < LinesPerJoin; line++)
                {
                    await owner.ReadLineAsync();
                }
            }

            counts.Add(await CountPresentAsync(reader));
            foreach (var version in reader.Registry.ListVersions(AccountPlatform.Model))
            {
                Assert.NotEmpty(await reader.Registry.ReadOnnxAsync(reader.Registry.FindVersion(AccountPlatform.Model, version)!));
            }
        }

        // A later join sees at least what an earlier one saw, and what the owner said is there.
        Assert.Equal(counts.Order(), counts);
        Assert.Equal(AccountWorkload.RowsPerBatch, counts[0]);
        Assert.True(counts[1] > counts[0], string.Join(", ", counts));
        Assert.Equal(counts[^2], counts[^1]);
    }

    /// <summary>Before there is an owner that works on it.</summary>
    private static async Task IngestFirstBatchAsync(string directory)
    {
        const long First = AccountWorkload.NumberCount / 2;
        await using var ml = AccountPlatform.Define(directory).Build();
        await ml.StartAsync();
        await ml.Features.IngestAsync(AccountWorkload.Batch(First), AccountWorkload.BatchId(First));
    }

    /// <summary>Asks for every batch row at its own time. What is there is exactly the row of that number; rows that came in one batch are there together.</summary>
    private static async Task<int> CountPresentAsync(MlPlatform reader)
    {
        var first = AccountWorkload.NumberCount / 2;
        var spine = Enumerable.Range(0, (int)first).Select(i => first + i).Select(number => new Question(AccountWorkload.BatchAccount(number), AccountActivity.TimeOf(number), number));
        using var rows = await reader.Features.CreateTrainingSetAsync(AccountPlatform.Service, spine, "time");
        var present = new HashSet<long>();
        await foreach (var batch in rows.ReadAsync())
        {
            using (batch)
            {
                var (asked, numbers, halves) = ((Int64Array)batch.Column("asked"), (Int64Array)batch.Column("number"), (FloatArray)batch.Column("half"));
                for (var row = 0; row < batch.Length; row++)
                {
                    if (numbers.GetValue(row) is { } number)
                    {
                        Assert.Equal(AccountActivity.HalfOf(number), halves.GetValue(row));
                        Assert.True(number <= asked.GetValue(row), string.Create(CultureInfo.InvariantCulture, $"Row {asked.GetValue(row)} sees {number} of its future."));
                        if (number == asked.GetValue(row))
                        {
                            present.Add(number);
                        }
                    }
                }
            }
        }

        Assert.All(present.GroupBy(number => number / AccountWorkload.RowsPerBatch), batch => Assert.Equal(AccountWorkload.RowsPerBatch, batch.Count()));
        return present.Count;
    }

    private sealed record Question(string Account, DateTimeOffset Time, long Asked);
}
