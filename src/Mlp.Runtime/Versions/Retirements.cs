using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Versions;

/// <summary>The versions that have left service and whose calls have not ended yet. Thread-safe.</summary>
internal sealed class Retirements
{
    private readonly List<Task> _tasks = [];

    /// <summary>Retires a version.</summary>
    /// <param name="version">The version; null for none.</param>
    public void Add(ServingVersion? version)
    {
        if (version is null)
        {
            return;
        }

        var retirement = version.RetireAsync();
        lock (_tasks)
        {
            _tasks.RemoveAll(static t => t.IsCompletedSuccessfully);
            _tasks.Add(retirement);
        }
    }

    /// <summary>Waits for the calls of all of them.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public Task DrainAsync(CancellationToken cancellationToken)
    {
        lock (_tasks)
        {
            return Task.WhenAll(_tasks).WaitAsync(cancellationToken);
        }
    }
}
