using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <content>Reading.</content>
internal sealed partial class OnlineStore
{
    /// <summary>Whether a question about a time may concern rows that are not in the row store yet. One volatile read.</summary>
    /// <param name="asOf">The time of the question, microseconds.</param>
    internal bool MayBeDue(long asOf) => asOf >= _due.NextDue;

    /// <summary>Makes the row store ready for a question about a time.</summary>
    /// <param name="asOf">The time of the question, microseconds.</param>
    /// <returns>True if the time lies ahead of the clock and rows up to it still wait: the reader looks among the due rows too.</returns>
    internal async ValueTask<bool> PrepareReadAsync(long asOf)
    {
        if (Now >= _due.NextDue)
        {
            await ApplyDueAsync().ConfigureAwait(false);
        }

        return MayBeDue(asOf);
    }

    /// <summary>Rents a reader.</summary>
    internal IOnlineRowReader RentReader()
    {
        ThrowIfClosed();
        return Rows.RentReader();
    }
}
