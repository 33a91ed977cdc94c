using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Quickstart;

/// <summary>Shows the warnings of the data directory as lines on the error output: that it waits for another process. What becomes of the model, the summary says.</summary>
internal sealed class SentenceLog(TextWriter error) : ILoggerFactory, ILogger
{
    private readonly Lock _gate = new();

    public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("Mlp.Runtime.Hosting", StringComparison.Ordinal) ? this : NullLogger.Instance;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("Expected no provider: the lines go to one place.");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            lock (_gate)
            {
                error.WriteLine(formatter(state, null));
            }
        }
    }

    public void Dispose()
    {
    }
}
