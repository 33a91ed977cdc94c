using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;
using Mlp.Training.Runs;

namespace Mlp.Training.Tests.Runs;

/// <summary>A tracker in a folder of its own, with a clock that a test moves, and a list of what it logged.</summary>
internal sealed class TrackerFixture : IDisposable, ILogger<RunTracker>
{
    private readonly TempDirectory? _folder;

    public TrackerFixture(string? root = null, RunTrackerOptions? options = null)
    {
        _folder = root is null ? new TempDirectory() : null;
        Root = root ?? _folder!.FullName;
        Tracker = new RunTracker(new DataDirectory(Root, MlPlatformMode.Reader), options, Time, this);
    }

    public string Root { get; }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));

    public RunTracker Tracker { get; }

    public List<(LogLevel Level, string Text)> Logged { get; } = [];

    public string RunFolder(string experiment, string name) => Path.Combine(Root, "runs", experiment, name);

    public void Dispose() => _folder?.Dispose();

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (Logged)
        {
            Logged.Add((logLevel, formatter(state, exception)));
        }
    }
}
