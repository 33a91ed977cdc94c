using Mlp.Runtime.Models;

namespace Mlp.Training.Runs;

/// <summary>
/// A run that is being written. Thread-safe. Logging a parameter, metric or tag never fails because of the disk, and waits for it only when entries come faster than it takes them: they are on the device after
/// <see cref="RunTrackerOptions.CommitInterval"/>, and wait in memory while the disk refuses them. Dispose of it; a run that was not finished by then has failed.
/// </summary>
public interface IRun : IAsyncDisposable
{
    /// <summary>The run's id: UUIDv7, 32 lower-case hexadecimal digits, so that ids sort by start.</summary>
    string Id { get; }

    /// <summary>The experiment that it belongs to.</summary>
    string Experiment { get; }

    /// <summary>The run's name within the experiment.</summary>
    string Name { get; }

    /// <summary>Why the disk refused the last write; null when it took all that was handed to it.</summary>
    Exception? Failure { get; }

    /// <summary>Entries that the disk refused and that could not be kept in memory either (<see cref="RunTrackerOptions.MaximumWaitingBytes"/>), and are lost.</summary>
    long LostEntryCount { get; }

    /// <summary>Logs a setting. A setting has one value for the whole run; the same again is fine.</summary>
    /// <param name="name">1 to 250 letters, digits, spaces, '_', '-', '.' and '/'.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The name is none, or the value is longer than <see cref="RunTrackerOptions.MaximumWaitingBytes"/>.</exception>
    /// <exception cref="InvalidOperationException">It has another value already, or the run has ended.</exception>
    void LogParameter(string name, string value);

    /// <summary>Logs a value of a metric.</summary>
    /// <param name="name">1 to 250 letters, digits, spaces, '_', '-', '.' and '/'.</param>
    /// <param name="value">The value; NaN and infinities are kept as they are.</param>
    /// <param name="step">What the caller counts.</param>
    /// <exception cref="ArgumentException">The name is none.</exception>
    /// <exception cref="InvalidOperationException">The run has ended.</exception>
    void LogMetric(string name, double value, long step = 0);

    /// <summary>Sets a label; the last value counts.</summary>
    /// <param name="name">1 to 250 letters, digits, spaces, '_', '-', '.' and '/'.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="ArgumentException">The name is none, or the value is longer than <see cref="RunTrackerOptions.MaximumWaitingBytes"/>.</exception>
    /// <exception cref="InvalidOperationException">The run has ended.</exception>
    void SetTag(string name, string value);

    /// <summary>Keeps a file, by copy. When the task completes it is on the device. The same content under the same name again is fine.</summary>
    /// <param name="name">A relative path whose parts are separated by '/'.</param>
    /// <param name="content">The content, read to its end.</param>
    /// <param name="cancellationToken">Ends the copy; nothing remains of it.</param>
    /// <returns>The artifact.</returns>
    /// <exception cref="ArgumentException">The name is no such path, or has other content already.</exception>
    /// <exception cref="RunWriteException">The disk refused.</exception>
    /// <exception cref="InvalidOperationException">The run has ended.</exception>
    Task<RunArtifact> LogArtifactAsync(string name, Stream content, CancellationToken cancellationToken = default);

    /// <summary>Names a model version that the run has made. When the task completes it is on the device.</summary>
    /// <param name="manifest">The published version.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RunWriteException">The disk refused; the entry waits.</exception>
    /// <exception cref="InvalidOperationException">The run has ended.</exception>
    Task LinkModelAsync(ModelManifest manifest, CancellationToken cancellationToken = default);

    /// <summary>Completes when all that was logged is on the device, but for what <see cref="LostEntryCount"/> counts.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RunWriteException">The disk refused; the entries wait.</exception>
    Task FlushAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends the run in order. When the task completes everything that was logged and the end are on the device.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RunWriteException">
    /// The disk refused; the entries wait, and the call may be repeated. Or the end is on the device and entries before it are lost (<see cref="RunWriteException.LostEntryCount"/>).
    /// </exception>
    Task FinishAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends the run with an error.</summary>
    /// <param name="reason">A sentence; what is behind 10,000 characters is cut off.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RunWriteException">As for <see cref="FinishAsync"/>.</exception>
    Task FailAsync(string reason, CancellationToken cancellationToken = default);
}
