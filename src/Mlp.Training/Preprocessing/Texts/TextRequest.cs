namespace Mlp.Training.Preprocessing.Texts;

/// <summary>What is wanted of a text.</summary>
/// <param name="Column">Index of the feature in the service's order.</param>
/// <param name="Name">Its name.</param>
/// <param name="Rule">How it is cut into terms.</param>
/// <param name="Weight">What a term counts.</param>
/// <param name="MinimumRows">In how many training rows a term must occur.</param>
/// <param name="MaximumTerms">The greatest number of terms.</param>
/// <param name="Buckets">Into how many buckets terms are hashed; null when each has an output of its own.</param>
/// <param name="Seed">Where the coefficients of the hash come from.</param>
internal sealed record TextRequest(int Column, string Name, TextRule Rule, TermWeight Weight, int MinimumRows, int MaximumTerms, int? Buckets, int Seed);
