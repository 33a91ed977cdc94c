namespace Mlp.CrashChild.Steps;

/// <summary>What one step does to the feature store.</summary>
public enum StoreStepKind
{
    /// <summary>Lets time pass.</summary>
    Advance,

    /// <summary>Pushes one row.</summary>
    Push,

    /// <summary>Pushes rows that are acknowledged together, some with equal times.</summary>
    PushMany,

    /// <summary>Takes rows into the offline store.</summary>
    Ingest,

    /// <summary>Brings what is new from the offline into the online store.</summary>
    Materialize,

    /// <summary>Back-fills the online store from a range of event times.</summary>
    MaterializeRange,

    /// <summary>Writes waiting rows to the offline store.</summary>
    Flush,

    /// <summary>Takes a checkpoint of the online store.</summary>
    Checkpoint,

    /// <summary>Compacts the row log of the online store and erases what is behind it.</summary>
    CompactOnline,

    /// <summary>Compacts the data files of the offline store.</summary>
    CompactOffline,

    /// <summary>Removes data files that were compacted.</summary>
    Expire,

    /// <summary>Deletes an entity in one view, all versions.</summary>
    DeleteEntity,

    /// <summary>Deletes all rows that have a value of a key, in all views.</summary>
    DeleteByKeyName,

    /// <summary>Forgets the online rows of a view.</summary>
    ClearOnline,

    /// <summary>The first time the application gets a second version of a view, later that version takes over what is new in the first.</summary>
    Evolve,

    /// <summary>Closes the store and opens it again.</summary>
    Reopen,

    /// <summary>Ends the store without closing it, and opens it again.</summary>
    Kill,
}
