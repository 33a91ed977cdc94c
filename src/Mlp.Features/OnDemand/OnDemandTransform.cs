using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Joins;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>An on-demand view made ready to run: for one request at a time, and for the rows of a batch. Immutable and thread-safe.</summary>
internal abstract class OnDemandTransform
{
    /// <summary>The view.</summary>
    public abstract OnDemandFeatureViewDefinition Definition { get; }

    /// <summary>Computes features into a row, for requests of one type.</summary>
    /// <param name="view">The view within a service.</param>
    /// <param name="layout">The service's layout.</param>
    /// <returns>The writer, or null if the view computes from another type.</returns>
    public abstract RequestFeatureWriter<T>? FindWriter<T>(FeatureServiceView view, FeatureRowLayout layout);

    /// <summary>Computes the features of every row of a batch.</summary>
    /// <param name="requests">One column per request field, in order, of exactly its type; see <see cref="RequestColumns"/>.</param>
    /// <param name="inputs">One column per stored feature that the view computes from, in order; none where it computes from the request alone.</param>
    /// <param name="rowCount">Number of rows.</param>
    /// <param name="rowsBefore">Number of rows in earlier batches, for messages.</param>
    /// <returns>One column per field of the view, in order.</returns>
    /// <exception cref="SpineException">A property that takes no null meets one.</exception>
    /// <exception cref="OnDemandTransformException">The method failed.</exception>
    public abstract IReadOnlyList<IArrowArray> Compute(IReadOnlyList<IArrowArray> requests, IReadOnlyList<InputColumn> inputs, int rowCount, long rowsBefore = 0);
}
