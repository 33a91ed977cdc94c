namespace Mlp.Runtime.Batching;

/// <summary>Where a call is on its way through the batcher; changed under the batcher's lock.</summary>
internal enum CallState
{
    /// <summary>Not in the queue yet.</summary>
    New,

    /// <summary>In the queue.</summary>
    Queued,

    /// <summary>In a batch that copies its rows.</summary>
    Taken,

    /// <summary>In a batch that runs: the call's own rows are not read any more.</summary>
    Running,

    /// <summary>Cancelled before the run, and still to be told.</summary>
    Cancelled,

    /// <summary>Cancelled during the run: whoever cancelled is telling the caller.</summary>
    Abandoning,

    /// <summary>Cancelled during the run: the caller has been told, and the slot is left to the batch.</summary>
    Abandoned,

    /// <summary>The batch has ended while the caller was being told: the slot is left to whoever cancelled.</summary>
    Released,

    /// <summary>Its answer is there, or its failure.</summary>
    Done,
}
