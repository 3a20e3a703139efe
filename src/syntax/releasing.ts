/** Names of methods that sound as if they released or ended what they are called on. */
export const RELEASING = /^(?:[Cc]lose|[Ss]top|[Ss]hut[Dd]own|[Rr]ollback|[Cc]ancel|[Rr]elease|[Ee]nd|[Ff]inish|[Dd]estroy|[Dd]ispose|[Ff]ree|[Qq]uit|[Aa]bort|[Cc]ommit|[Tt]ear[Dd]own|[Tt]erminate)(?![a-z])/;
