using Apache.Arrow;

namespace Mlp.Runtime.Scoring;

/// <summary>An output in the making: parts of rows, and all parts as one file at the end.</summary>
internal interface IScoredFile : IDisposable
{
    /// <summary>Adds scored rows to the part that is being written.</summary>
    /// <param name="scored">The rows; they stay the caller's.</param>
    void Append(RecordBatch scored);

    /// <summary>Ends the part that is being written.</summary>
    /// <returns>Path of the file, closed.</returns>
    string CompletePart();

    /// <summary>Makes one file of all parts.</summary>
    /// <param name="parts">The parts in order.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>Path of the file, closed.</returns>
    string Assemble(IReadOnlyList<string> parts, CancellationToken cancellationToken);
}
