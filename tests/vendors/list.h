/* list.h - one row a simulator; where two have the same path, the first gets it unless another one is named
 */
