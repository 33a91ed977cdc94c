using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Scoring;

/// <summary>
/// The files of a model that are being scored. Closing it ends them behind their last part and waits until nothing is written any more, so that the process that closed its platform may go on with the output, or delete it.
/// Thread-safe.
/// </summary>
/// <param name="model">Model name.</param>
internal sealed class FileScorings(string model) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _running = [];
    private readonly CancellationTokenSource _closing = new();
    private bool _isClosed;
    private volatile bool _isClosing;

    /// <summary>Whether all that runs has been told to end.</summary>
    public bool IsClosing => _isClosing;

    /// <summary>Scores a file, unless closed.</summary>
    /// <param name="outputPath">The output, for the message of a run that is ended.</param>
    /// <param name="score">Scores it.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <exception cref="ModelNotReadyException">It has been closed.</exception>
    /// <exception cref="FileScoringException">It was closed meanwhile, or the file cannot be scored.</exception>
    public async Task<FileScoringResult> RunAsync(string outputPath, Func<CancellationToken, Task<FileScoringResult>> score, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _closing.Token);
        Task<FileScoringResult> task;
        lock (_gate)
        {
            if (_isClosed)
            {
                throw new ModelNotReadyException(model, "the platform has been closed");
            }

            // Reading and writing files blocks its thread.
            task = Task.Run(() => score(ending.Token), CancellationToken.None);
            _running.Add(task);
        }

        try
        {
            return await task.ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (_closing.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new FileScoringException(
                Path.GetFullPath(outputPath),
                $"Expected the platform to stay open while '{Path.GetFullPath(outputPath)}' is written, but it was closed (model '{model}'); the same call in a platform that is open goes on behind the last part.",
                e);
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove(task);
            }
        }
    }

    /// <summary>Ends what runs, and waits for it.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        Task[] running;
        lock (_gate)
        {
            _isClosed = true;
            running = [.. _running];
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        _isClosing = true;
        await Task.WhenAll(running.Select(IgnoreFailure)).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _closing.Dispose();

    /// <summary>Whoever asked for the file hears of its failure.</summary>
    private static async Task IgnoreFailure(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
