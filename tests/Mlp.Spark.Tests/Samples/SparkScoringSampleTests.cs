using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Samples;

/// <summary><c>samples/SparkScoring</c> as a user runs it, as a process: the champion of a Quickstart, and sentences for command lines that do not fit.</summary>
[Collection(SparkCollections.Spark43)]
public sealed class SparkScoringSampleTests(Spark43Server server) : IDisposable
{
    private readonly TempDirectory _folder = new();

    private string Temporary => Directory.CreateDirectory(_folder.Combine("temporary")).FullName;

    [SparkFact]
    public async Task Run_ChampionOfTheQuickstart_AgreesWithThisProcess()
    {
        var data = _folder.Combine("ml-data");
        var quickstart = await RunAsync("Quickstart", "--data-directory", data);
        Assert.True(quickstart.ExitCode == 0, quickstart.Output);

        RequireAgreement(await RunAsync("SparkScoring", "--connect", await server.ConnectionAsync(), "--data", data, "--rows", "5000", "--output", _folder.Combine("scores")));
        Assert.True(File.Exists(_folder.Combine("scores", "_SUCCESS")));

        RequireAgreement(await RunAsync("SparkScoring", "--jars", await JarsAsync(), "--data", data, "--rows", "5000", "--output", _folder.Combine("scores-of-jars")));
        Assert.True(File.Exists(_folder.Combine("scores-of-jars", "_SUCCESS")));
        Assert.Empty(Directory.GetDirectories(Temporary, "spark-scoring-*"));
    }

    [Theory]
    [InlineData("Expected either --jars or --connect, but found none. --help shows the options.", 2)]
    [InlineData("Expected either --jars or --connect, but found both. --help shows the options.", 2, "--jars", "a", "--connect", "b")]
    [InlineData("Expected a value behind --jars, but found none. --help shows the options.", 2, "--jars")]
    [InlineData("Expected one of --jars, --connect, --data, --input, --rows, --output and --help, but found '--model'.", 2, "--model", "x")]
    [InlineData("Expected a number of rows from 1 to 2147483647 behind --rows, but found '0'.", 2, "--connect", "sc://localhost", "--rows", "0")]
    [InlineData("Expected --rows for an input that is made, but found --input beside it.", 2, "--connect", "sc://localhost", "--rows", "5", "--input", "/nowhere")]
    [InlineData("Expected the data directory of the Quickstart at '/nowhere', but found no registry: run samples/Quickstart first, or name it by --data.", 2, "--connect", "sc://localhost", "--data", "/nowhere")]
    public async Task Run_CommandLineThatDoesNotFit_IsOneSentence(string expected, int code, params string[] arguments)
    {
        var result = await RunAsync("SparkScoring", arguments);

        Assert.Equal(expected, result.Output.TrimEnd());
        Assert.Equal(code, result.ExitCode);
    }

    public void Dispose() => _folder.Dispose();

    private static void RequireAgreement(CommandResult scored)
    {
        Assert.True(scored.ExitCode == 0, scored.Output);
        Assert.StartsWith("Spark 4.3.0, model 'big-tipper' version 1", scored.Output, StringComparison.Ordinal);
        Assert.Equal(2, scored.Output.Split('\n').Count(l => l.TrimEnd().EndsWith("rows/s", StringComparison.Ordinal)));
        Assert.Contains("5,000 of 5,000 rows compared, greatest difference ", scored.Output, StringComparison.Ordinal);
        Assert.Contains(": they agree", scored.Output, StringComparison.Ordinal);
    }

    /// <summary>The jars where they lie unpacked, or unpacked for this test.</summary>
    private async Task<string> JarsAsync()
    {
        var jars = ReferenceData.Find("spark/4.3.0/jars") ?? Path.Combine(Environment.GetEnvironmentVariable("SPARK_JARS_CACHE") ?? _folder.FullName, "spark-4.3.0", "jars");
        if (Directory.Exists(jars))
        {
            return jars;
        }

        var unpacked = await CommandLine.RunAsync(_folder.FullName, new Dictionary<string, string?>(), "tar", "-xJf", ReferenceData.Find("spark/4.3.0/jars.tar.xz")!);
        Assert.True(unpacked.ExitCode == 0, unpacked.Output);
        return _folder.Combine("jars");
    }

    /// <summary>Runs a sample that was built with the tests, in their configuration.</summary>
    private Task<CommandResult> RunAsync(string sample, params string[] arguments)
    {
        var built = Path.Combine(Repository.Root, "samples", sample, Path.GetRelativePath(Path.Combine(Repository.Root, "tests", "Mlp.Spark.Tests"), AppContext.BaseDirectory), $"{sample}.dll");
        return CommandLine.RunAsync(_folder.FullName, new Dictionary<string, string?> { ["TMPDIR"] = Temporary }, "dotnet", [built, .. arguments]);
    }
}
