namespace Mlp.Training.Runs;

/// <summary>Keeps what trainings did: settings, metrics over steps, files, and what they were trained on. Thread-safe; any number of processes may write and read at once.</summary>
public interface IRunTracker
{
    /// <summary>Starts a run. When this returns its description is on the device.</summary>
    /// <param name="description">What is known of it.</param>
    /// <returns>The run; the caller disposes of it.</returns>
    /// <exception cref="ArgumentException">A name is none, or a run of the experiment has the name already.</exception>
    /// <exception cref="Mlp.Runtime.Hosting.DataDirectoryUnusableException">The folder of runs cannot be written.</exception>
    IRun Start(RunDescription description);

    /// <summary>
    /// Goes on with a run whose process was killed: the same id and folder, entries behind those that were on the device. Parameters keep their values. A metric that the dead process had logged for a step, and the
    /// one that goes on logs again, has both values. Environment and code version stay those of the start.
    /// </summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="run">Its id or name.</param>
    /// <returns>The run; the caller disposes of it.</returns>
    /// <exception cref="RunNotFoundException">There is none.</exception>
    /// <exception cref="InvalidOperationException">It was not killed: it is running or has ended. Of several that try, one succeeds.</exception>
    /// <exception cref="Mlp.Runtime.CorruptFileException">Its description is damaged.</exception>
    /// <exception cref="Mlp.Runtime.Hosting.DataDirectoryUnusableException">The folder of runs cannot be written.</exception>
    IRun Continue(string experiment, string run);

    /// <summary>Names of the experiments that have runs, in ordinal order.</summary>
    /// <returns>The names.</returns>
    IReadOnlyList<string> ListExperiments();

    /// <summary>Reads all runs of an experiment, also those that are being written.</summary>
    /// <param name="experiment">The experiment; one without runs gives none.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <returns>The runs in order of their start.</returns>
    /// <exception cref="ArgumentException">The name is none.</exception>
    Task<IReadOnlyList<RunRecord>> ListAsync(string experiment, CancellationToken cancellationToken = default);

    /// <summary>Reads a run, also one that is being written.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="run">Its id or name.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <returns>The run as it stands.</returns>
    /// <exception cref="RunNotFoundException">There is none.</exception>
    Task<RunRecord> ReadAsync(string experiment, string run, CancellationToken cancellationToken = default);

    /// <summary>Finds the finished run with the best value of a metric. NaN does not count, nor do parts of another run (folds of a cross-validation), of which the luckiest would win; of equal ones the earliest run is taken.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="metric">Name of the metric.</param>
    /// <param name="higherIsBetter">Whether a greater value is better.</param>
    /// <param name="summary">Which value stands for the run.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <returns>The run; null when no finished run that stands alone has the metric, as of an experiment or a metric that does not exist.</returns>
    Task<RunRecord?> FindBestAsync(
        string experiment, string metric, bool higherIsBetter, MetricSummary summary = MetricSummary.Last, CancellationToken cancellationToken = default);

    /// <summary>Removes a run with its files.</summary>
    /// <param name="experiment">The experiment.</param>
    /// <param name="run">Its id or name.</param>
    /// <param name="cancellationToken">Ends before the removal.</param>
    /// <exception cref="RunNotFoundException">There is none.</exception>
    /// <exception cref="InvalidOperationException">It is still running.</exception>
    Task DeleteAsync(string experiment, string run, CancellationToken cancellationToken = default);
}
