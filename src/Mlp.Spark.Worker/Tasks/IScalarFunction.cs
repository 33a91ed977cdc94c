using Apache.Arrow;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>Columns to a column of as many rows. Used by one task.</summary>
internal interface IScalarFunction : IDisposable
{
    /// <summary>What it is, for messages.</summary>
    string Name { get; }

    /// <summary>Whether it may keep columns that it got, so that their memory may not be used again.</summary>
    bool KeepsMemory { get; }

    /// <summary>Computes the column. Its memory is that of the caller, who disposes of it unless the function keeps memory.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="cancellationToken">Ends the computation when Spark does not want it any more.</param>
    IArrowArray Run(ScalarArguments arguments, CancellationToken cancellationToken);
}
