namespace Mlp.Training.Preprocessing;

/// <summary>What a category that training rows did not show sets in a one-hot encoding. A graph cannot refuse a row, so neither does the encoding.</summary>
public enum UnknownCategory
{
    /// <summary>It counts as rare: the slot of all rare values, if training rows had some; else nothing.</summary>
    AsRare = 0,

    /// <summary>No slot at all; only values that training rows showed are rare.</summary>
    Nothing,
}
