using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Scoring;

/// <summary>The columns of a text input, which the slot fills from its rows.</summary>
/// <param name="readers">One per text of a row.</param>
/// <param name="ordinal">Position of the first among the text features.</param>
internal sealed class TextColumns(TextReader[] readers, int ordinal) : InputColumns
{
    /// <inheritdoc/>
    public override void Write(int first, int count, InputBuffer input, FeatureRows rows)
    {
        for (var i = 0; i < readers.Length; i++)
        {
            readers[i].Read(first, count, rows, ordinal + i);
        }
    }
}
