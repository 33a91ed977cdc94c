using Mlp.Runtime.Hosting;
using Mlp.TestSupport;
using Quickstart;
using Spectre.Console;

namespace Mlp.Integration.Tests.Quickstart;

/// <summary>Whatever goes wrong ends in one sentence and an exit code.</summary>
public sealed class QuickstartCommandTests : IDisposable
{
    private readonly TempDirectory _temp = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _error.Dispose();
        _temp.Dispose();
    }

    [Fact]
    public async Task Run_MarkIsAFolder_EndsInOneSentence()
    {
        Directory.CreateDirectory(_temp.Combine("data", "quickstart-source.txt"));

        Assert.Equal(QuickstartCommand.Failed, await RunAsync());

        AssertOneSentence("quickstart-source.txt");
    }

    [Fact]
    public async Task Run_FileIsNoText_EndsInOneSentence()
    {
        var file = _temp.Combine("trips.csv");
        const string header = "pickup_community_area,fare,trip_start_month,trip_start_hour,trip_start_day,trip_start_timestamp,trip_miles,payment_type,company,trip_seconds,tips\n";
        await File.WriteAllBytesAsync(file, [.. System.Text.Encoding.UTF8.GetBytes(header), .. "8,10,5,19,6,1400269500,1.5,Cash,"u8, 0xff, 0xfe, 0x80, .. ",600,3\n"u8]);

        Assert.Equal(QuickstartCommand.Failed, await RunAsync("--data", file));

        AssertOneSentence(file);
    }

    [Fact]
    public async Task Run_TooFewTrips_EndsInOneSentence()
    {
        var file = _temp.Combine("trips.csv");
        await File.WriteAllTextAsync(
            file, "pickup_community_area,fare,trip_start_month,trip_start_hour,trip_start_day,trip_start_timestamp,trip_miles,payment_type,company,trip_seconds,tips\n");

        Assert.Equal(QuickstartCommand.Failed, await RunAsync("--data", file));

        AssertOneSentence("at least 500 trips");
    }

    [Fact]
    public async Task Run_Cancelled_SaysSo()
    {
        using var stop = new CancellationTokenSource();
        using var output = new StringWriter();
        var run = QuickstartCommand.RunAsync(["--data-directory", _temp.Combine("data")], Console(output), _error, stop.Token);
        await stop.CancelAsync();

        Assert.Equal(QuickstartCommand.Cancelled, await run);

        AssertOneSentence("Stopped");
    }

    [Fact]
    public async Task Run_WrongOption_ShowsTheUsage()
    {
        Assert.Equal(QuickstartCommand.WrongUsage, await RunAsync("--trips", "3"));

        Assert.Contains("from 12,000 to 1,000,000", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("--shuffle-labels", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Expected a value after '--data', but found an empty text.", "--data", "")]
    [InlineData("Expected a value after '--data-directory', but found an empty text.", "--data-directory", " ")]
    [InlineData("Expected a value after '--data', but found the option '--seed'; a path that starts so is written './--seed'.", "--data", "--seed")]
    [InlineData("Expected '--trips' for the synthetic stream or '--data' for a file, but found both.", "--data", "x.csv", "--trips", "20000")]
    public async Task Run_ValueThatIsNone_NamesTheOptionAndIsAWrongUsage(string expected, params string[] arguments)
    {
        Assert.Equal(QuickstartCommand.WrongUsage, await RunAsync(arguments));

        Assert.StartsWith(expected, _error.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_temp.Combine("data")));
    }

    [Fact]
    public async Task Run_Help_FitsAnOrdinaryTerminal()
    {
        using var output = new StringWriter();

        Assert.Equal(QuickstartCommand.Success, await QuickstartCommand.RunAsync(["--help"], Console(output), _error, CancellationToken.None));

        Assert.All(output.ToString().Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, 79));
        Assert.Contains("--shuffle-labels", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "but it is empty")]
    [InlineData("\u0001\u0002\u0003,\n", "cannot be read as such")]
    public async Task Run_FileWithoutAHeader_EndsInOneSentence(string content, string expected)
    {
        var file = _temp.Combine("trips.csv");
        await File.WriteAllTextAsync(file, content);

        Assert.Equal(QuickstartCommand.Failed, await RunAsync("--data", file));

        AssertOneSentence(expected);
    }

    [Fact]
    public async Task Run_DataIsAFolder_SaysSo()
    {
        Assert.Equal(QuickstartCommand.Failed, await RunAsync("--data", _temp.FullName));

        AssertOneSentence($"at '{_temp.FullName}', but it is a folder.");
    }

    [Fact]
    public async Task Run_DirectoryOfAnotherSource_NamesBothInWords()
    {
        Directory.CreateDirectory(_temp.Combine("data"));
        await File.WriteAllTextAsync(_temp.Combine("data", "quickstart-source.txt"), "trips-0123456789abcdef\nchicago.csv\n");

        Assert.Equal(QuickstartCommand.Failed, await RunAsync());

        AssertOneSentence("was filled from chicago.csv (trips-0123456789abcdef).");
    }

    [Fact]
    public async Task Run_DirectoryOfAnotherProcess_SaysAtOnceThatItWaits()
    {
        await using var owner = MlPlatform.CreateBuilder().UseDataDirectory(_temp.Combine("data")).Build();
        await owner.StartAsync();
        using var stop = new CancellationTokenSource();
        using var output = new StringWriter();
        using var error = new WatchedWriter(line => stop.Cancel());

        var exitCode = await QuickstartCommand.RunAsync(["--data-directory", _temp.Combine("data")], Console(output), error, stop.Token);

        Assert.Equal(QuickstartCommand.Cancelled, exitCode);
        Assert.Contains(FormattableString.Invariant($"is owned by process {Environment.ProcessId} "), error.ToString(), StringComparison.Ordinal);
        Assert.Contains("waits up to 30 s for it to leave.", error.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Tells of the first line.</summary>
    private sealed class WatchedWriter(Action<string> written) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            written(value ?? string.Empty);
        }
    }

    private static IAnsiConsole Console(TextWriter output) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), Interactive = InteractionSupport.No });

    private async Task<int> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        return await QuickstartCommand.RunAsync(["--data-directory", _temp.Combine("data"), .. arguments], Console(output), _error, CancellationToken.None);
    }

    private void AssertOneSentence(string expected)
    {
        var line = Assert.Single(_error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(expected, line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", line, StringComparison.Ordinal);
    }
}
