using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Mlp.Features.Tests.Materialization;

/// <summary>Keeps what is logged as a warning or worse.</summary>
internal sealed class KeptWarnings : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<string> _messages = new();

    internal IReadOnlyList<string> Messages => [.. _messages];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _messages.Enqueue(formatter(state, exception));
        }
    }
}
