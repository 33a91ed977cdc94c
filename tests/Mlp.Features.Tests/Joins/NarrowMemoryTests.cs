using System.Globalization;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Joins;

/// <summary>The memory of a whole process that joins more rows than it may keep.</summary>
public sealed class NarrowMemoryTests
{
    private const string FeatureRows = "3000000";
    private const string Labels = "300000";

    [LinuxFact]
    public async Task CreateTrainingSetAsync_ManyRowsWithLittleMemory_CompletesWithinIt()
    {
        using var temp = new TempDirectory();
        await RunAsync("ingest", temp.FullName, FeatureRows);
        var roomy = await RunAsync(temp.FullName, FeatureRows, Labels, (1L << 30).ToString(CultureInfo.InvariantCulture));
        var narrow = await RunAsync(temp.FullName, FeatureRows, Labels, (64L << 20).ToString(CultureInfo.InvariantCulture));

        // The rows alone are 170 MB. Beside what DuckDB may take there are .NET, the code of both and buffers.
        Assert.Equal(roomy[0], narrow[0]);
        Assert.InRange(int.Parse(narrow[1], CultureInfo.InvariantCulture), 1, 448);
        Assert.Empty(Directory.GetFileSystemEntries(temp.Combine("features", "tmp")));
    }

    private static async Task<IReadOnlyList<string>> RunAsync(params string[] arguments)
    {
        using var child = ChildProcess.StartScenario("narrow-join", arguments);
        var lines = await child.ReadToEndAsync();
        Assert.Equal((0, string.Empty), (child.ExitCode, await child.ReadErrorsAsync()));
        return lines;
    }
}
