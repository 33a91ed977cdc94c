using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Scoring;

/// <summary>The columns of a batch that fill one input of the model.</summary>
internal abstract class InputColumns
{
    /// <summary>Brings some rows of the columns into the input.</summary>
    /// <param name="first">First row of the batch.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="input">The slot's input.</param>
    /// <param name="rows">The slot's rows.</param>
    public abstract void Write(int first, int count, InputBuffer input, FeatureRows rows);
}
