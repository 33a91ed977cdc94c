using System.Globalization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Scoring;
using Mlp.Runtime.Tests.Registry;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Scoring;

/// <summary>A process that scores a file is killed anywhere: what it had acknowledged is not scored again, the output is whole or absent, and one version scores all of it.</summary>
public sealed class ScoreFileCrashTests : IDisposable
{
    private const int RowCount = 300_000;
    private const string Model = "tips";

    private readonly ScoredFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("out.parquet")]
    [InlineData("out.arrow")]
    public async Task ScoreFileAsync_ProcessKilledAnywhere_GoesOnWhereItWas(string name)
    {
        var data = _files.Combine("data");
        var registry = TestRegistry.Open(data);
        await registry.PublishAsync(Model, Package(weight: 2));
        await registry.PublishAsync(Model, Package(weight: 5));
        await registry.SetAliasAsync(Model, "champion", 1, 0);
        var input = _files.WriteParquet("rows.parquet", "range AS id, range::FLOAT AS x", RowCount, rowGroup: 4096);
        var output = _files.Combine(name);
        var random = new Random(20_241_123);
        var durable = 0L;
        var (kills, throughs) = (0, 0);
        for (var isDone = false; !isDone;)
        {
            using var child = ChildProcess.StartScenario("score-file", data, Model, input, output, "2500");
            var lines = new List<string>();
            for (var wanted = kills < 4 ? random.Next(1, 6) : int.MaxValue; wanted > 0 && await child.ReadLineAsync() is { } line; wanted--)
            {
                lines.Add(line);
            }

            lines.AddRange(await child.KillAsync());
            if (lines.Count == 0 && durable == RowCount && File.Exists(output))
            {
                // The run before was killed when all was written and tidied up, and only "done" was missing: this one has nothing to score, and says so.
                Assert.Contains($"Expected '{output}' not to exist", await child.ReadErrorsAsync(), StringComparison.Ordinal);
                break;
            }

            Assert.True(lines.Count > 0, await child.ReadErrorsAsync());
            var resumed = Numbers(lines[0])[0];

            // A run that was killed between giving the file its name and saying so has left nothing to go on with.
            var isWhole = durable == RowCount && resumed == 0;
            Assert.True(resumed >= durable || isWhole, FormattableString.Invariant($"{durable} rows were acknowledged, but the next run found {resumed}."));

            // A run that finds everything written, and only the folder to remove, says "done" alone.
            durable = lines.Where(l => l.StartsWith("rows ", StringComparison.Ordinal)).Select(l => Numbers(l)[0]).DefaultIfEmpty(resumed).Max();
            isDone = lines[^1].StartsWith("done ", StringComparison.Ordinal);
            Assert.True(isDone || kills < 4, await child.ReadErrorsAsync());
            if (!isDone)
            {
                kills++;
                await MoveAliasAsync(registry, version: 2);
            }
            else
            {
                Assert.Equal([RowCount, resumed, 1], Numbers(lines[^1]));
                if (kills == 0)
                {
                    // It was through before it could be killed: once more.
                    File.Delete(output);
                    (isDone, durable) = (false, 0);
                    Assert.True(++throughs < 50, "No run was killed.");
                }
            }
        }

        Assert.False(Directory.Exists(ScoringWorkFolder.PathOf(output)));
        var scores = name == "out.parquet"
            ? _files.Query(output, "score").Select(r => (double)r[0]!)
            : (await ScoredFiles.ReadArrowAsync(output)).SelectMany(b => ((Apache.Arrow.DoubleArray)b.Column("score")).Values.ToArray());
        Assert.Equal(Enumerable.Range(0, RowCount).Select(i => i * 2.0), scores);
    }

    private static async Task MoveAliasAsync(Mlp.Runtime.Registry.FileModelRegistry registry, int version)
    {
        if (registry.FindAlias(Model, "champion")!.Version != version)
        {
            await registry.SetAliasAsync(Model, "champion", version, registry.FindAlias(Model, "champion")!.Revision);
        }
    }

    private static long[] Numbers(string line) => [.. line.Split(' ')[1..].Select(n => long.Parse(n, CultureInfo.InvariantCulture))];

    private static ModelPackage Package(float weight) => new()
    {
        Onnx = OnnxBytes.Linear(1, 1, weight, output: "y"),
        Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "y" },
        Features = [new("x", FeatureType.Float32, "view")],
    };
}
