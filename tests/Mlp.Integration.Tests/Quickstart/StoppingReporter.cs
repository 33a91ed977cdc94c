using Quickstart;

namespace Mlp.Integration.Tests.Quickstart;

/// <summary>Stops the run when a stage has come a part of its way.</summary>
internal sealed class StoppingReporter(string stage, CancellationTokenSource stop) : IStageReporter
{
    public Task<T> RunAsync<T>(string name, Func<IProgress<double>, Task<T>> work)
        => work(new Progress(() =>
        {
            if (name.StartsWith(stage, StringComparison.Ordinal))
            {
                stop.Cancel();
            }
        }));

    private sealed class Progress(Action reported) : IProgress<double>
    {
        public void Report(double value) => reported();
    }
}
