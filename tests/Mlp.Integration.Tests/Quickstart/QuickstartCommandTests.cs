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

    private static IAnsiConsole Console(TextWriter output) => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output), Interactive = InteractionSupport.No });

    private async Task<int> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        return await QuickstartCommand.RunAsync([.. arguments, "--data-directory", _temp.Combine("data")], Console(output), _error, CancellationToken.None);
    }

    private void AssertOneSentence(string expected)
    {
        var line = Assert.Single(_error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(expected, line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", line, StringComparison.Ordinal);
    }
}
